"""The full report as one self-contained page: no script, no font, no picture from elsewhere (`report.html`).

Jinja2 escapes every value; the charts are our own SVG, which escapes what it is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lambdas.reviews.svg import chart
from lambdas.reviews.words import NAMES, many, money, when
from lambdas.slack.text import clean

if TYPE_CHECKING:
    from lambdas.reviews.model import Curve, Report

LONGEST = 4000  # characters of one value


def page(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean,
    )
    zone, drawn = report.slot.zone, iter(range(10_000))

    def draw(curve: Curve) -> Markup:
        return Markup(chart(curve, zone, next(drawn)))  # noqa: S704 — its texts are escaped where it is built

    template = environment.get_template("report.html")
    return template.render(
        report=report,
        names=NAMES,
        draw=draw,
        money=money,
        many=many,
        when=lambda at: when(at, zone),
        safe_link=_link,
    )


def _clean(value: object) -> object:
    """Control and direction characters out of every text; markup of our own stays as it is."""
    return clean(value, LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def _link(url: str) -> str:
    """Only what a browser opens as a page; anything else would be a script in a finding's link."""
    return url if url.startswith(("https://", "http://")) else ""
