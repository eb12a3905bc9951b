"""A sample incident, as a person would see it: for the page's tests and for `python -m local.slack --sample`."""

import struct
import zlib
from typing import Any, Final

from slack_sdk import WebClient

from local.slack.server import EmbeddedSlack

TOKEN: Final = "xoxb-embedded"  # noqa: S105 -- a stand-in's token opens nothing
ARN: Final = "arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout"
_TICKET: Final = (
    "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/checkout/health?region=eu-west-1"
)


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}


ALERT: Final[dict[str, Any]] = {
    "text": "🚨 INCIDENT ALERT - Severity 2: checkout, 3 of 4 tasks do not start",
    "metadata": {"event_type": "tocsin_post", "event_payload": {"key": "INC#1/OUT#initial#0#1"}},
    "blocks": [
        {"type": "header", "text": _plain("🚨 INCIDENT ALERT - Severity 2")},
        {
            "type": "section",
            "fields": [
                _mrkdwn("*Service:*\n`checkout` in cluster `prod`"),
                _mrkdwn("*Impact:*\n3 of 4 tasks do not start; 27 % of requests fail"),
                _mrkdwn("*Status:*\nInvestigating"),
                _mrkdwn("*ETA for Update:*\n<!date^1795489800^{time} on {date_short}|03:10 UTC>"),
            ],
        },
        {"type": "divider"},
        {
            "type": "section",
            "text": _mrkdwn(
                ":mag: *Most likely cause: the image tag does not exist* (confirmed)\n"
                "> CannotPullContainerError: `checkout:1.42.0` not found in the repository\n"
                f"Deployed at 10:45:30 by `deploy-bot`. <{_TICKET}|Open the service in ECS>"
            ),
        },
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": _plain("Acknowledge"), "action_id": "ack", "style": "primary"},
                {"type": "button", "text": _plain("Roll back"), "action_id": "rollback", "style": "danger"},
                {"type": "button", "text": _plain("Dashboard"), "action_id": "dashboard", "url": _TICKET},
            ],
        },
        {
            "type": "context",
            "elements": [_mrkdwn(f"Incident `INC-20261124-01` · {ARN} · critical: running tasks 1 &lt; 4")],
        },
    ],
}

DIAGNOSIS: Final[dict[str, Any]] = {
    "text": "Diagnosis: ecs.image_missing, confirmed",
    "blocks": [
        {"type": "section", "text": _mrkdwn("*Diagnosis* after 8.4 s · 14 checks, 1 could not look")},
        {
            "type": "section",
            "text": _mrkdwn(
                "*1. The image tag was never pushed* · `ecs.image_missing` · :white_check_mark: confirmed\n"
                "• 10:45:30 the stopped tasks say `CannotPullContainerError … checkout:1.42.0: not found`\n"
                "• ECR holds `1.41.0` and `1.40.2`, no `1.42.0`\n"
                "• revision 42 differs from 41 in the image alone"
            ),
        },
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": text} for text in row]
                for row in (
                    ("Revision", "Image", "Running"),
                    ("checkout:41", "1.41.0", "1"),
                    ("checkout:42", "1.42.0", "0"),
                )
            ],
            "column_settings": [{"align": "left"}, {"align": "left"}, {"align": "right"}],
        },
        {
            "type": "section",
            "text": _mrkdwn(
                "*Do now*\n```aws ecs update-service --cluster prod --service checkout \\\n"
                "  --task-definition checkout:41```"
            ),
        },
        {
            "type": "context",
            "elements": [_mrkdwn("~ecs.app_crash~ ruled out: no container ever ran · _CloudTrail: access denied_")],
        },
    ],
}

RESOLVED: Final[dict[str, Any]] = {
    "text": "✅ INCIDENT RESOLVED - Severity 2: checkout",
    "blocks": [
        {"type": "header", "text": _plain("✅ INCIDENT RESOLVED - Severity 2")},
        {
            "type": "section",
            "fields": [
                _mrkdwn("*Service:*\n`checkout`"),
                _mrkdwn("*Duration:*\n03:02 - 03:19 UTC (17 minutes)"),
                _mrkdwn("*Root Cause:*\nThe image tag `1.42.0` was never pushed"),
                _mrkdwn("*Prevention:*\nThe pipeline now checks the tag before it deploys"),
            ],
        },
    ],
}


def chart(width: int = 480, height: int = 160) -> bytes:
    """A small PNG that looks like a falling metric."""
    rows = []
    for y in range(height):
        line = bytearray()
        for x in range(width):
            level = 30 + (100 * max(0, x - width // 2) // (width // 2))
            line += b"\xe0\x1e\x5a" if abs(y - level) < 2 else b"\xee\xee\xee" if y % 32 == 0 else b"\xff\xff\xff"
        rows.append(b"\x00" + bytes(line))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def post(slack: EmbeddedSlack, channel: str, token: str = TOKEN) -> str:
    """Post the sample incident as the product would, over HTTP; returns the root's ts."""
    client = WebClient(token=token, base_url=slack.url)
    root = client.chat_postMessage(channel=channel, **ALERT)
    channel_id, ts = str(root["channel"]), str(root["ts"])
    client.chat_postMessage(channel=channel_id, thread_ts=ts, **DIAGNOSIS)
    client.files_upload_v2(
        channel=channel_id,
        thread_ts=ts,
        content=chart(),
        filename="running-tasks.png",
        title="Running tasks",
        alt_txt="Running tasks fall from 4 to 1 at 10:45",
    )
    slack.workspace.say(channel, "On it. Rolling back to 41 :eyes:", user="maria", thread_ts=ts)
    client.chat_postMessage(channel=channel, **RESOLVED)
    return ts
