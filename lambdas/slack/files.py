"""Files in an incident's thread: files.getUploadURLExternal → the bytes → files.completeUploadExternal.

Slack processes files asynchronously and takes no metadata with them: whether one is there already is told by its name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident
    from lambdas.slack.client import Slack

LOOK_BACK = 200  # messages of the thread that a look-up reads


def share(
    slack: Slack, incident: Incident, name: str, content: bytes, *, title: str, comment: str, alt: str = ""
) -> None:
    """Upload a file into an incident's thread. `comment` is mrkdwn; `alt` describes a picture for who cannot see it.

    Raises:
        SlackError: with Slack's own code, for example `missing_scope` where the app lacks files:write.
    """
    announced = {"filename": name, "length": len(content)} | ({"alt_txt": alt} if alt else {})
    place = slack.call("files.getUploadURLExternal", announced)
    slack.upload(str(place["upload_url"]), content)
    slack.call(
        "files.completeUploadExternal",
        {
            "files": json.dumps([{"id": place["file_id"], "title": title}]),
            "channel_id": incident.channel,
            "thread_ts": incident.ts,
            "initial_comment": comment,
        },
    )


def find(slack: Slack, incident: Incident, name: str) -> str:
    """The timestamp of the thread's message that carries a file of that name; empty if there is none."""
    query = {"channel": incident.channel, "ts": incident.ts, "limit": LOOK_BACK}
    for message in slack.call("conversations.replies", query).get("messages", ()):
        if any(file.get("name") == name for file in message.get("files", ())):
            return str(message["ts"])
    return ""
