"""Text that is safe in Slack. Every value that comes from outside goes through here: it is hostile input."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

MORE = " …"
LONGEST_LINK = 1000


def clean(text: str, limit: int) -> str:
    """Take control and direction characters out, and cut visibly at `limit` characters. Not escaped."""
    plain = text.isprintable()  # most names are, and asking each character takes its time
    kept = text if plain else "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return kept if len(kept) <= limit else kept[: limit - len(MORE)].rstrip() + MORE


def escape(text: str, limit: int = 2900) -> str:
    """A value inside mrkdwn: `&`, `<` and `>` escaped, so that no mention, link or date can form.

    The limit counts escaped characters, as Slack does.
    """
    safe = clean(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(safe) <= limit:
        return safe
    cut = safe[: limit - len(MORE)]
    ampersand = cut.rfind("&")
    if ampersand > cut.rfind(";"):  # never cut through an entity
        cut = cut[:ampersand]
    return cut + MORE


def shortened(mrkdwn: str, limit: int) -> str:
    """Finished mrkdwn, visibly cut, never through an entity, a link or a date."""
    if len(mrkdwn) <= limit:
        return mrkdwn
    cut = mrkdwn[: limit - len(MORE)]
    for begins, ends in (("<", ">"), ("&", ";")):
        if cut.rfind(begins) > cut.rfind(ends):
            cut = cut[: cut.rfind(begins)]
    return cut + MORE


def code(text: str, limit: int = 300) -> str:
    """A name or a log line as inline code: on one line, and unable to end the code span."""
    return f"`{escape(' '.join(text.split()).replace('`', 'ˋ'), limit) or '–'}`"


def block(text: str, limit: int = 2900) -> str:
    """Several lines as preformatted text."""
    return f"```{escape(text.replace('```', 'ˋˋˋ'), limit)}```"


def link(url: str, label: str) -> str:
    """A link that we made ourselves; never built from outside text alone. One that is too long is only its label."""
    said = escape(label, 200).replace("|", "¦").strip() or "link"
    if len(url) > LONGEST_LINK:
        return said
    safe = url.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C").replace(" ", "%20").replace("&", "&amp;")
    return f"<{safe}|{said}>"


def person(user: str) -> str:
    """Mention a user or a user group by its Slack id; anything that is no id is shown as what it is."""
    if user.isascii() and user.isalnum() and user[:1] in {"U", "W"}:
        return f"<@{user}>"
    if user.isascii() and user.isalnum() and user[:1] == "S":
        return f"<!subteam^{user}>"
    return code(user, 80)


def clock(at: float, form: str = "{time}") -> str:
    """A moment in the reader's own time zone (Slack's date format), with UTC as the fallback."""
    fallback = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at)}^{form}|{fallback}>"


def duration(seconds: float) -> str:
    """`12 min`, `1 h 05 min`, `2 d 3 h`: what one says aloud."""
    minutes = max(0, round(seconds / 60))
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24} h"
