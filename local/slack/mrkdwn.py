"""Slack's own text markup: what in a text Slack would parse, and the same text as safe HTML.

Everything is escaped first; only markup that this file writes itself is ever HTML. Bare addresses are not made into
links, because on this page they come from log lines.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup, escape

_TOKEN: Final = re.compile(r"<([^<>\n]{1,3000})>")
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)[^\s|<>]+(?:\|[^<>|]+)?")
_MENTION: Final = re.compile(
    r"[@#][UWBC][A-Z0-9]{2,30}(?:\|[^<>|]*)?|!subteam\^S[A-Z0-9]{2,30}(?:\|[^<>|]*)?|!(?:here|channel|everyone)(?:\|[^<>|]*)?"
)
_DATE: Final = re.compile(r"!date\^(-?\d{1,12})\^([^|^]+)(?:\^(https?://[^\s|<>]+))?\|([^<>|]+)")
_DATE_TOKENS: Final = {
    "{date_num}": "%Y-%m-%d",
    "{date_slash}": "%Y/%m/%d",
    "{date}": "%B %-d, %Y",
    "{date_short}": "%b %-d, %Y",
    "{date_long}": "%A, %B %-d, %Y",
    "{date_pretty}": "%B %-d, %Y",
    "{date_short_pretty}": "%b %-d, %Y",
    "{date_long_pretty}": "%A, %B %-d, %Y",
    "{day_divider_pretty}": "%A, %B %-d",
    "{time}": "%H:%M",
    "{time_secs}": "%H:%M:%S",
    "{ago}": "%b %-d, %H:%M",
}
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt);")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_PRE: Final = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE: Final = re.compile(r"`([^`\n]+)`")
_STYLES: Final = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?!\s)([^{mark}\n]+?)(?<!\s){mark}(?![\w{mark}])"), tag)
    for mark, tag in ((r"\*", "b"), ("_", "i"), ("~", "s"))
)
_SHORT_NAME: Final = re.compile(r"(?<![\w:]):([a-z0-9_+-]{1,40}):(?![\w:])")
EMOJI: Final[Mapping[str, str]] = {
    "rotating_light": "🚨", "white_check_mark": "✅", "warning": "⚠️", "x": "❌", "fire": "🔥", "eyes": "👀",
    "mag": "🔍", "bell": "🔔", "no_bell": "🔕", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "clock1": "🕐",
    "red_circle": "🔴", "large_orange_circle": "🟠", "large_yellow_circle": "🟡", "large_green_circle": "🟢",
    "large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫", "question": "❓", "exclamation": "❗",
    "information_source": "ℹ️", "bulb": "💡", "wrench": "🔧", "hammer_and_wrench": "🛠️", "rocket": "🚀", "link": "🔗",
    "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊", "page_facing_up": "📄",
    "memo": "📝", "lock": "🔒", "key": "🔑", "package": "📦", "bust_in_silhouette": "👤", "speech_balloon": "💬",
    "arrow_right": "➡️", "arrow_up": "⬆️", "arrow_down": "⬇️", "repeat": "🔁", "zap": "⚡", "tada": "🎉",
    "thumbsup": "👍", "+1": "👍", "thumbsdown": "👎", "-1": "👎", "pushpin": "📌", "heavy_check_mark": "✔️",
    "no_entry": "⛔", "bug": "🐛", "robot_face": "🤖", "stethoscope": "🩺", "grey_question": "❔", "mute": "🔇",
}  # fmt: skip

# Finished HTML is set aside behind a private-use mark, so that no later step can touch it.
_OPEN, _CLOSE = "\ue000", "\ue001"
_SET_ASIDE: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


def escaped(text: str) -> str:
    """Slack's three control characters as entities: what any value from outside needs before it enters a message."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """The text that a reader sees."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def strays(text: str) -> Iterator[str]:
    """Say what in a mrkdwn text is neither plain text nor valid markup: an unescaped `<`, `>` or `&`, a broken token.

    A `>` at the start of a line is a quote and allowed.
    """
    for match in _TOKEN.finditer(text):
        body = match[1]
        if not (_LINK.fullmatch(body) or _MENTION.fullmatch(body) or _good_date(body)):
            yield f"not a valid link, mention or date: <{body[:80]}>"
        elif "&" in _ENTITY.sub("", body):
            yield f"unescaped & in <{body[:80]}>"
    rest = _ENTITY.sub("", re.sub(r"(?m)^>+", "", _TOKEN.sub("", text)))
    for character in "<>&":
        if character in rest:
            around = rest.index(character)
            yield f"unescaped {character} near {rest[max(0, around - 20) : around + 20]!r}"
    if control := _CONTROL.search(text):
        yield f"control character U+{ord(control[0]):04X}"


def render(text: str, names: Mapping[str, str] | None = None) -> Markup:
    """Turn mrkdwn into HTML that cannot hold anything but the tags written here.

    Args:
        text: A text as it stands in a message, entities and all.
        names: Display names by Slack id (users, groups, channels); an id without one is shown as it is.
    """
    aside: list[str] = []

    def keep(html: str) -> str:
        aside.append(html)
        return f"{_OPEN}{len(aside) - 1}{_CLOSE}"

    def plain(part: str) -> str:
        return str(escape(unescaped(part)))

    text = _CONTROL.sub("\ufffd", text.replace(_OPEN, "").replace(_CLOSE, ""))
    text = _PRE.sub(lambda match: keep(f"<pre>{plain(match[1])}</pre>"), text)
    text = _CODE.sub(lambda match: keep(f"<code>{plain(match[1])}</code>"), text)
    text = _TOKEN.sub(lambda match: keep(_token(match[1], names or {}) or plain(match[0])), text)
    text = plain(text)
    text = _SHORT_NAME.sub(lambda match: EMOJI.get(match[1], match[0]), text)
    for pattern, tag in _STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _lines(text, aside)
    while _SET_ASIDE.search(text):  # code inside a link's label was set aside twice
        text = _SET_ASIDE.sub(lambda match: aside[int(match[1])], text)
    return Markup(text)  # noqa: S704 -- every piece of the input went through escape() above


def shown(text: str) -> Markup:
    """A plain_text object: no markup, but emoji short names and line breaks."""
    safe = str(escape(unescaped(_CONTROL.sub("\ufffd", text))))
    safe = _SHORT_NAME.sub(lambda match: EMOJI.get(match[1], match[0]), safe)
    return Markup(safe.replace("\n", "<br>"))  # noqa: S704 -- escaped two lines above


def _good_date(body: str) -> bool:
    match = _DATE.fullmatch(body)
    tokens = re.findall(r"\{\w*\}", match[2]) if match else []
    return bool(tokens) and all(token in _DATE_TOKENS for token in tokens)


def _token(body: str, names: Mapping[str, str]) -> str | None:
    """The HTML of one `<…>`, or None when it is not valid markup and is therefore text."""
    head, _, label = body.partition("|")
    if _LINK.fullmatch(body):
        url, text = escape(unescaped(head)), escape(unescaped(label or head))
        return f'<a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{text}</a>'
    if match := _DATE.fullmatch(body):
        return _date(int(match[1]), match[2], match[4])
    if _MENTION.fullmatch(body):
        identity = head.removeprefix("!subteam^").lstrip("@#!")
        sign = "#" if head.startswith("#") else "@"
        name = unescaped(label).lstrip("@#") or names.get(identity, identity)
        return f'<span class="mention">{sign}{escape(name)}</span>'
    return None


def _date(epoch: int, pattern: str, fallback: str) -> str:
    try:
        at = datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, ValueError, OSError):
        return str(escape(unescaped(fallback)))
    text = unescaped(pattern)
    for token, layout in _DATE_TOKENS.items():
        text = text.replace(token, at.strftime(layout))
    return f'<time datetime="{at.isoformat()}" title="{at:%Y-%m-%d %H:%M:%S} UTC">{escape(text)}</time>'


def _lines(text: str, aside: list[str]) -> str:
    """Line breaks and quotes; a preformatted block brings its own breaks."""
    out: list[str] = []
    quote: list[str] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("&gt;&gt;&gt;"):  # the rest of the message is the quote
            quote += [line.removeprefix("&gt;&gt;&gt;"), *lines[number + 1 :]]
            break
        if line.startswith("&gt;"):
            quote.append(line.removeprefix("&gt;").removeprefix(" "))
            continue
        if quote:
            out.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
            quote = []
        out.append(line)
    if quote:
        out.append(f"<blockquote>{'<br>'.join(quote)}</blockquote>")
    html = "<br>".join(out)
    html = re.sub(r"(</blockquote>)<br>|<br>(?=<blockquote>)", r"\1", html)
    pre = [f"{_OPEN}{index}{_CLOSE}" for index, piece in enumerate(aside) if piece.startswith("<pre>")]
    for mark in pre:
        html = html.replace(f"<br>{mark}", mark).replace(f"{mark}<br>", mark)
    return html
