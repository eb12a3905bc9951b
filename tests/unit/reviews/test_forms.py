"""Every form of a report: hostile text forms nothing, limits hold, worst comes first, a quiet day is one line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.causes.base import Action, Fact
from lambdas.reviews import codec, html, markdown, svg
from lambdas.reviews.model import Curve, Item, Line, Mark, Note, Report, Section, Table
from lambdas.reviews.slack import charts, summary
from lambdas.reviews.slots import slot_of
from local.slack.rules import problems

if TYPE_CHECKING:
    from lambdas.settings import Settings

NOW = datetime(2026, 11, 24, 8, 0, 20, tzinfo=UTC)
EVIL = "<script>alert(1)</script> <!channel> [x](javascript:alert(1)) | `a` *b* \u202e {{ 7*7 }} & \x00"
LINKS = {"report": "https://example.com/a?b=1&c=<2>", "JSON": "https://example.com/j"}


def report(*sections: Section, kind: Any = "daily", missed: tuple[str, ...] = ()) -> Report:
    return Report(
        kind=kind,
        environment="acme production",
        account="123456789012",
        region="eu-west-1",
        slot=slot_of(kind, NOW, "Europe/Zurich"),
        made_at=NOW,
        sections=sections,
        missed=missed,
    )


def finding(subject: str) -> Item:
    return Item(id="daily.x.y", weight="warning", subject=subject, text="slow " * 500)


def hostile() -> Section:
    points = tuple((NOW + timedelta(minutes=n), float(n)) for n in range(20))
    return Section(
        id="daily.x",
        title=EVIL,
        runbook=EVIL,
        items=(
            Item(
                id="daily.x.y",
                weight="critical",
                subject=EVIL,
                text=EVIL,
                facts=(Fact(text=EVIL, source=EVIL, value=EVIL, link="javascript:alert(1)"),),
                actions=(Action(text=EVIL, command=EVIL + "\n```", link="https://example.com/"),),
                code=f"x = {EVIL!r}",
                saving=12.5,
                risk=EVIL,
            ),
        ),
        tables=(Table(title=EVIL, columns=(EVIL, "n"), rows=((EVIL, "1"),), right=(1,), more=3),),
        curves=(
            Curve(title=EVIL, unit="ms", lines=(Line(label=EVIL, points=points),), marks=(Mark(at=NOW, label=EVIL),)),
        ),
        notes=(Note(text=EVIL),),
        gaps=(EVIL,),
        more=2,
    )


class Tags(HTMLParser):
    """What a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_hostile_text_is_text_on_the_page() -> None:
    page = html.page(report(hostile(), missed=(EVIL,)))
    seen = Tags()
    seen.feed(page)
    assert "script" not in seen.tags
    assert all(link.startswith(("https://", "http://", "#")) for link in seen.links)
    assert "{{ 7*7 }}" in page
    assert "49" not in re.findall(r"\b49\b", page)
    assert "\x00" not in page
    assert "\u202e" not in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = html.page(report(hostile()))
    assert not re.findall(r"(?:src|@import|url)\s*[=(]\s*[\"']?https?:", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert 'name="viewport"' in page


def test_hostile_text_is_text_in_markdown() -> None:
    text = markdown.page(report(hostile(), missed=(EVIL,)))
    prose = re.sub(r"(?m)^    .*$", "", text)  # code stands indented, as it is
    assert "<script>" not in prose
    assert "](javascript:" not in prose
    rows = [line for line in prose.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1


def test_hostile_text_is_text_in_slack(settings: Settings) -> None:
    message = summary(report(hostile(), missed=(EVIL,)), settings, LINKS)
    assert problems(message) == []
    drawn = charts(report(hostile()))
    assert drawn
    assert problems(drawn) == []
    said = json.dumps(message) + json.dumps(drawn["text"])
    assert "<!channel" not in said
    assert "<script" not in said


@pytest.mark.parametrize("number", [1, 7, 8, 2000])
def test_a_summary_fits_a_screen_worst_first(number: int, settings: Settings) -> None:
    items = tuple(
        Item(
            id=f"daily.x.{n % 40}",
            weight="critical" if n % 40 == 39 else "advice",
            subject=f"s{n}" * 30,
            text="t " * 800,
        )
        for n in range(number)
    )
    message = summary(report(Section(id="daily.x", title="x", runbook="x", items=items)), settings, LINKS)
    assert problems(message) == []
    assert len(message["blocks"]) <= 11
    if number == 2000:
        assert "🔴" in message["blocks"][1]["text"]["text"]


def test_a_quiet_day_is_one_line(settings: Settings) -> None:
    quiet = Section(id="daily.x", title="x", runbook="x", notes=(Note(text="12 services.", count=(("services", 12),)),))
    message = summary(report(quiet), settings, LINKS)
    assert len(message["blocks"]) == 1
    assert message["blocks"][0]["text"]["text"].startswith("✅")
    assert "all quiet: 12 services looked at" in message["blocks"][0]["text"]["text"]


@pytest.mark.parametrize(
    "broken", [{"gaps": ("access denied",)}, {"items": (Item(id="a.b.c", weight="advice", subject="s", text="t"),)}]
)
def test_a_day_with_a_gap_or_a_finding_is_never_quiet(broken: dict[str, Any], settings: Settings) -> None:
    section = replace(Section(id="daily.x", title="x", runbook="x"), **broken)
    assert not report(section).quiet
    assert "✅" not in json.dumps(summary(report(section), settings, LINKS), ensure_ascii=False)


def test_the_hourly_summary_is_about_what_is_new(settings: Settings) -> None:
    items = (
        Item(id="hourly.x.y", weight="warning", subject="old", text="slow.", known=True),
        Item(id="hourly.x.y", weight="warning", subject="new", text="slow."),
    )
    said = json.dumps(
        summary(report(Section(id="hourly.x", title="x", runbook="x", items=items), kind="hourly"), settings)
    )
    assert "`new`" in said
    assert "`old`" not in said
    assert "1 of them stood before" in said


def test_json_holds_everything_and_sections_come_back() -> None:
    whole = report(hostile())
    raw = json.loads(json.dumps(codec.document(whole)))
    assert (raw["schema"], raw["kind"], raw["counts"]["critical"], raw["saving_usd_month"]) == (1, "daily", 1, 12.5)
    assert codec.section_of(raw["sections"][0]) == whole.sections[0]
    assert codec.unpack(codec.pack(whole.sections[0])) == whole.sections[0]


# charts ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [(0, 1, 0, 1), (0, 99, 0, 100), (0, 0, 0, 1), (-5, 5, -5, 5), (0, 1_234_567, 0, 1_500_000), (0, 0.004, 0, 0.004)],
)
def test_scales_are_round_and_enclose(low: float, high: float, first: float, last: float) -> None:
    steps = svg.ticks(low, high)
    assert steps[0] <= low
    assert steps[-1] >= high
    assert 2 <= len(steps) <= 8
    assert steps[0] == pytest.approx(first)
    assert steps[-1] == pytest.approx(last)


def test_a_gap_in_the_data_breaks_the_line() -> None:
    points = [(NOW + timedelta(minutes=n), 1.0) for n in (*range(10), *range(60, 70))]
    drawn = svg.chart(Curve(title="t", unit="", lines=(Line(label="l", points=tuple(points)),)), "UTC")
    assert drawn.count('<path class="line') == 2


@pytest.mark.parametrize("points", [(), ((NOW, 0.0),), ((NOW, 5.0), (NOW + timedelta(minutes=1), 5.0))])
def test_little_data_still_draws(points: tuple[Any, ...]) -> None:
    drawn = svg.chart(
        Curve(title="t", unit="%", lines=(Line(label="l", points=points),), threshold=85.0), "Europe/Zurich"
    )
    assert drawn.startswith("<svg")
    assert drawn.endswith("</svg>")
    assert "nan" not in drawn
    assert "<title" in drawn
    assert "<desc" in drawn
