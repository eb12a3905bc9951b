"""The embedded Slack: a strict, loopback-only stand-in of Slack's Web API with a page to read it on.

`EmbeddedSlack` (in `server`) is what tests, the replay and the demo use; `rules.problems` judges a message without any
server. Development only: nothing here is deployed.
"""
