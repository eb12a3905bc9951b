"""Run the embedded Slack for a developer: `python -m local.slack --port 8010 --sample`."""

import argparse
import threading

from local.slack import sample
from local.slack.server import EmbeddedSlack


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8010, help="port on 127.0.0.1 (0: a free one)")
    parser.add_argument("--channel", action="append", help="a channel; may be given more than once (default #alerts)")
    parser.add_argument("--token", default="xoxb-embedded", help="the bot's token")
    parser.add_argument("--lenient", action="store_true", help="refuse only what Slack itself refuses")
    parser.add_argument("--rate-limit", action="store_true", help="answer 429 above one message a second")
    parser.add_argument("--sample", action="store_true", help="post a sample incident into the first channel")
    given = parser.parse_args()
    channels = tuple(given.channel or ("#alerts",))
    options = {"strict": not given.lenient, "rate_limit": given.rate_limit}
    with EmbeddedSlack(channels, given.token, port=given.port, **options) as slack:
        if given.sample:
            sample.post(slack, channels[0], given.token)
        print(f"page   {slack.page_url}\nAPI    SLACK_API_URL={slack.url}\ntoken  {given.token}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
