"""Curves as inline SVG: small, accessible, in the page's own colours. Pure.

Colours are CSS variables of the page (`report.html`), so that a chart follows light and dark; numbers and words are
text, so that they can be read, searched and printed.
"""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta
from html import escape as entities
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.reviews.model import Curve, Line

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 14, 26
GAP = 3.5  # times the usual distance of two points: then the line is broken, because data is missing there


def chart(curve: Curve, zone: str, number: int = 0) -> str:
    """One curve. `zone`: the time axis is in it. `number` makes ids unique within a page."""
    lines = [line for line in curve.lines if line.points]
    moments = [at.timestamp() for line in lines for at, _ in line.points]
    title = f"{curve.title}{f', in {curve.unit}' if curve.unit else ''}"
    head = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="c{number}t c{number}d">'
        f'<title id="c{number}t">{escape(title)}</title>'
        f'<desc id="c{number}d">{escape(curve.about or _about(curve))}</desc>'
    )
    if not moments:
        return head + f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle" class="tick">no data</text></svg>'
    first, last = min(moments), max(moments)
    last = last if last > first else first + 60
    values = [value for line in lines for _, value in line.points]
    if curve.threshold is not None:
        values.append(curve.threshold)
    steps = ticks(min(0.0, *values), max(values))
    low, high = steps[0], steps[-1]

    def x(at: float) -> float:
        return LEFT + (at - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [head]
    for step in steps:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(step):.1f}" y2="{y(step):.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y(step) + 3.5:.1f}" text-anchor="end">{figure(step)}</text>'
        )
    for at, words in _times(first, last, zone):
        parts.append(f'<text class="tick" x="{x(at):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{words}</text>')
    for mark in curve.marks:
        at = mark.at.timestamp()
        if first <= at <= last:
            parts.append(
                f'<line class="mark" x1="{x(at):.1f}" x2="{x(at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}">'
                f"<title>{escape(mark.label)}</title></line>"
            )
            anchor = "end" if x(at) > WIDTH * 0.7 else "start"
            shift = -4 if anchor == "end" else 4
            parts.append(
                f'<text class="said" x="{x(at) + shift:.1f}" y="{TOP + 9}" text-anchor="{anchor}">'
                f"{escape(_short(mark.label, 40))}</text>"
            )
    if curve.threshold is not None:
        level = y(curve.threshold)
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{level:.1f}" y2="{level:.1f}"/>')
    for place, line in sorted(enumerate(lines), key=lambda one: not one[1].faint):
        kind = "faint" if line.faint else f"l{place % 6}"
        for stretch in _stretches(line):
            if len(stretch) == 1:
                at, value = stretch[0]
                parts.append(f'<circle class="dot {kind}" cx="{x(at):.1f}" cy="{y(value):.1f}" r="2"/>')
                continue
            path = " ".join(f"{'ML'[n > 0]}{x(at):.1f} {y(value):.1f}" for n, (at, value) in enumerate(stretch))
            parts.append(f'<path class="line {kind}" d="{path}"/>')
    return "".join([*parts, "</svg>"])


def ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that enclose a range."""
    if high <= low:
        high = low + 1
    rough = (high - low) / 4
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, last + 1)]


def figure(value: float) -> str:
    """A number as short as a scale can bear: 1,200 → 1.2k."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (1e3 if unit == 'k' else limit):.3g}{unit}"
    return f"{value:.4g}"


def _stretches(line: Line) -> list[list[tuple[float, float]]]:
    """The line's points, broken where data is missing."""
    points = [(at.timestamp(), value) for at, value in line.points]
    distances = sorted(b[0] - a[0] for a, b in itertools.pairwise(points))
    usual = distances[len(distances) // 2] if distances else 0.0
    found: list[list[tuple[float, float]]] = []
    for point in points:
        if found and point[0] - found[-1][-1][0] <= max(usual * GAP, 1):
            found[-1].append(point)
        else:
            found.append([point])
    return found


def _times(first: float, last: float, zone: str) -> Sequence[tuple[float, str]]:
    """Round local times along the axis."""
    tz = ZoneInfo(zone)
    span = last - first
    hours = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 720)
    step = next((int(one * 3600) for one in hours if span / (one * 3600) <= 8), 90 * 86400)
    midnight = datetime.fromtimestamp(first, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[tuple[float, str]] = []
    at = midnight
    while at.timestamp() <= last:
        if at.timestamp() >= first + span * 0.02 and at.timestamp() <= last - span * 0.02:
            form = f"{at.day} {at:%b}" if step >= 86400 or (at.hour == 0 and span > 86400) else f"{at:%H:%M}"
            found.append((at.timestamp(), form))
        if step >= 86400:
            at = (at + timedelta(days=step // 86400)).replace(hour=0)
        else:
            at = datetime.fromtimestamp(at.timestamp() + step, UTC).astimezone(tz)
    return found


def _about(curve: Curve) -> str:
    """What the lines do, in words."""
    said = []
    for line in curve.lines:
        if line.points:
            values = [value for _, value in line.points]
            said.append(f"{line.label}: from {figure(min(values))} to {figure(max(values))}, last {figure(values[-1])}")
    limit = f"; threshold {figure(curve.threshold)}" if curve.threshold is not None else ""
    return "; ".join(said) + limit


def escape(text: str) -> str:
    """Text from outside as text of the picture."""
    return entities(clean(text, 500))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
