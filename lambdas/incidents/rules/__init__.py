"""What follows from each event. A module here is found by itself; it has `RULES: {event: rule}`.

A rule is pure: `(incident | None, event, now) -> (incident | None, posts)`. Where nothing follows it returns the
incident that it was given and no posts.
"""
