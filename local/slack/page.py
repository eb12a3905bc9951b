"""The page on which people read the embedded Slack. Rendered here, inert whatever a message holds."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from local.slack import mrkdwn
from local.slack.store import Message
from local.slack.workspace import Workspace

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SCRIPT: Final = "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("refresh.js", "act.js"))
_WHISPERS: Final = 10  # ephemeral messages shown; Slack forgets them at the next reload
_COLORS: Final = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#e01e5a"}


class Page:
    """Renders the workspace as HTML.

    Attributes:
        policy: The Content-Security-Policy: nothing from elsewhere, no script but this page's own.
    """

    def __init__(self, workspace: Workspace) -> None:
        digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
        self.policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        self._workspace = workspace
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters |= {
            "mrkdwn": self._mrkdwn,
            "shown": mrkdwn.shown,
            "when": _when,
            "clock": lambda ts: f"{_when(ts):%H:%M}",
            "day": lambda ts: f"{_when(ts):%A, %-d %B %Y}",
            "color": _color,
            "emoji": lambda name: mrkdwn.EMOJI.get(str(name).strip(":"), f":{name}:"),
            "image": self._image,
            "is_picture": lambda file: str(file.get("mimetype", "")).startswith("image/"),
            "safe_url": _safe_url,
        }
        self._template = environment.get_template("page.html")

    def tag(self, viewer: str = "") -> str:
        """Changes whenever the page would: an entity tag."""
        store = self._workspace.store
        pending = sum(1 for file in list(store.files.values()) if file.completed and not file.ready())
        return f'"{store.revision}-{pending}-{viewer}"'

    def at(self, path: str, viewer: str = "") -> str | None:
        """The page at `/`, `/c/<channel>` or `/c/<channel>/t/<ts>` for a person; None when there is none."""
        store = self._workspace.store
        match = re.fullmatch(r"/(?:c/([^/]+)(?:/t/([\d.]+))?/?)?", path)
        if match is None:
            return None
        channels = store.channels()
        channel = store.named(match[1]) if match[1] else next(iter(channels), None)
        if channel is None and match[1]:
            return None
        with store.lock:
            thread = store.thread(channel.id, match[2]) if channel and match[2] else []
            if match[2] and not thread:
                return None
            return self._template.render(
                tag=self.tag(viewer),
                viewer=viewer,
                people=self._workspace.people.members,
                live=bool(self._workspace.interactivity.url),
                modal=self._workspace.modals.get(viewer),
                whispers=self._whispers(channel.id, viewer, None) if channel else [],
                thread_whispers=self._whispers(channel.id, viewer, thread[0].ts) if channel and thread else [],
                channels=channels,
                channel=channel,
                messages=[self._shown(m) for m in (store.roots(channel.id) if channel else [])],
                thread=[self._shown(m) for m in thread],
                counts={c.id: len(store.roots(c.id)) for c in channels},
                script=Markup(_SCRIPT),  # noqa: S704 -- a file of this package, not a message
            )

    def _whispers(self, channel: str, viewer: str, thread_ts: str | None) -> list[dict[str, Any]]:
        """What this person alone is shown here, newest last."""
        found = [w for w in self._workspace.store.whispers if (w.channel, w.user) == (channel, viewer)]
        here = [w for w in found if thread_ts in (None, w.thread_ts)]
        return [{"ts": w.ts, "text": w.text, "blocks": w.blocks} for w in here[-_WHISPERS:]]

    def _shown(self, message: Message) -> dict[str, Any]:
        """A message with what the template needs beside Slack's own fields."""
        body = self._workspace.store.as_slack(message, metadata=False)
        person = self._workspace.people.person(message.author.user)
        name = message.username or (person.name if person else message.author.name)
        return body | {
            "name": name,
            "initial": (name or "?")[0].upper(),
            "icon": mrkdwn.EMOJI.get(message.icon_emoji.strip(":"), "") if message.icon_emoji else "",
            "is_bot": bool(message.author.bot_id),
            "hue": int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) % 360,
        }

    def _mrkdwn(self, text: str) -> Markup:
        store = self._workspace.store
        names = {channel.id: channel.name for channel in store.channels()}
        bot = self._workspace.bot
        return mrkdwn.render(text, names | {bot.user: bot.name} | self._workspace.people.shown())

    def _image(self, block: Mapping[str, Any]) -> str | None:
        """The address of a picture that this server holds itself; None for anything elsewhere."""
        reference = block.get("slack_file") or {"url": block.get("image_url")}
        for file in self._workspace.store.files.values():
            if (file.id == reference.get("id") or file.url == reference.get("url")) and file.ready():
                return f"/files/{file.id}"
        return None


def _when(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def _color(value: object) -> str:
    """A colour bar's colour; grey for anything that is not one."""
    text = _COLORS.get(str(value), str(value))
    text = text if text.startswith("#") else f"#{text}"
    return text if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else "#dddddd"


def _safe_url(value: object) -> str:
    """An http(s) address, or nothing."""
    return str(value) if re.match(r"https?://", str(value)) else ""
