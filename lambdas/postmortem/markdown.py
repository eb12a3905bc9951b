"""Text that is safe in Markdown and still reads well as it stands: Slack shows the file's source. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*\[\]<|])")
_EDGE = re.compile(r"(?<!\w)_|_(?!\w)")  # an underline within a name starts no emphasis
_START = re.compile(r"^([#+=~>-]|\d+[.)])(?=\s|$)")


def safe(text: str, limit: int = 2000) -> str:
    """A value on one line: no markup, no HTML, no link can form."""
    line = clean(" ".join(text.split()), limit)
    return _START.sub(r"\\\1", _EDGE.sub(r"\\_", _SPECIAL.sub(r"\\\1", line)))


def code(text: str) -> str:
    """A name as code; it cannot end the span."""
    return f"`{clean(' '.join(text.split()), 600).replace('`', 'ˋ').replace('|', '¦')}`"


def link(label: str, url: str) -> str:
    """A link that we made ourselves."""
    for sign, coded in ((" ", "%20"), ("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        url = url.replace(sign, coded)
    return f"[{safe(label, 200)}]({url})"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table; cells are Markdown already."""
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
