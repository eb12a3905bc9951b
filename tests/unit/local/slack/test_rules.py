from typing import Any

import pytest

from local.slack import sample
from local.slack.blocks import MESSAGE, VIEW
from local.slack.rules import problems, sdk_problems, view_problems


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Go"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: Any) -> dict[str, Any]:
    return {"title": plain("t"), "text": mrkdwn("x"), "confirm": plain("Yes"), "deny": plain("No"), **more}


def image(**more: Any) -> dict[str, Any]:
    return {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "x", **more}


def table(rows: int, cells: int) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


def chart(series: int, points: int) -> dict[str, Any]:
    data = [{"label": str(number), "value": number} for number in range(points)]
    lines = [{"name": str(number), "data": data} for number in range(series)]
    return {"type": "data_visualization", "title": "t", "chart": {"type": "line", "series": lines, "axis_config": {}}}


def context(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "context", "elements": list(elements)}


# Each limit at its edge, and one step past it: (what, fits, does not, rule, path).
LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    (
        "header",
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
        "length",
        "/blocks/0/text/text",
    ),
    ("section text", section("x" * 3000), section("x" * 3001), "length", "/blocks/0/text/text"),
    (
        "fields",
        {"type": "section", "fields": [mrkdwn("x")] * 10},
        {"type": "section", "fields": [mrkdwn("x")] * 11},
        "count",
        "/blocks/0/fields",
    ),
    (
        "field",
        {"type": "section", "fields": [mrkdwn("x" * 2000)]},
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
        "length",
        "/blocks/0/fields/0/text",
    ),
    ("context", context(*[mrkdwn("x")] * 10), context(*[mrkdwn("x")] * 11), "count", "/blocks/0/elements"),
    ("context text", context(mrkdwn("x" * 3000)), context(mrkdwn("x" * 3001)), "length", "/blocks/0/elements/0/text"),
    ("actions", actions(*[button()] * 25), actions(*[button()] * 26), "count", "/blocks/0/elements"),
    (
        "button text",
        actions(button(text=plain("x" * 75))),
        actions(button(text=plain("x" * 76))),
        "length",
        "/blocks/0/elements/0/text/text",
    ),
    (
        "button value",
        actions(button(value="x" * 2000)),
        actions(button(value="x" * 2001)),
        "length",
        "/blocks/0/elements/0/value",
    ),
    (
        "action_id",
        actions(button(action_id="x" * 255)),
        actions(button(action_id="x" * 256)),
        "length",
        "/blocks/0/elements/0/action_id",
    ),
    ("block_id", section("x", block_id="x" * 255), section("x", block_id="x" * 256), "length", "/blocks/0/block_id"),
    (
        "confirm title",
        actions(button(confirm=confirm(title=plain("x" * 100)))),
        actions(button(confirm=confirm(title=plain("x" * 101)))),
        "length",
        "/blocks/0/elements/0/confirm/title/text",
    ),
    (
        "confirm text",
        actions(button(confirm=confirm(text=mrkdwn("x" * 300)))),
        actions(button(confirm=confirm(text=mrkdwn("x" * 301)))),
        "length",
        "/blocks/0/elements/0/confirm/text/text",
    ),
    (
        "confirm button",
        actions(button(confirm=confirm(deny=plain("x" * 30)))),
        actions(button(confirm=confirm(deny=plain("x" * 31)))),
        "length",
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    ("alt_text", image(alt_text="x" * 2000), image(alt_text="x" * 2001), "length", "/blocks/0/alt_text"),
    ("table rows", table(100, 2), table(101, 2), "count", "/blocks/0/rows"),
    ("table cells", table(2, 20), table(2, 21), "count", "/blocks/0/rows/0"),
    ("chart series", chart(6, 20), chart(7, 20), "count", "/blocks/0/chart/series"),
    ("chart points", chart(1, 20), chart(1, 21), "count", "/blocks/0/chart/series/0/data"),
]


@pytest.mark.parametrize(
    ("fits", "breaks", "rule", "path"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_a_documented_limit_holds_at_its_edge(
    fits: dict[str, Any], breaks: dict[str, Any], rule: str, path: str
) -> None:
    assert problems({"text": "x", "blocks": [fits]}) == []
    found = problems({"text": "x", "blocks": [breaks]})
    assert (rule, path, "invalid_blocks") in [(problem.rule, problem.path, problem.error) for problem in found]


# (what, message, rule, path, Slack's code or None where Slack would take it)
WRONG: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    ("51 blocks", {"text": "x", "blocks": [{"type": "divider"}] * 51}, "count", "/blocks", "invalid_blocks"),
    ("blocks are no array", {"text": "x", "blocks": {"type": "divider"}}, "type", "/blocks", "invalid_blocks_format"),
    ("block is no object", {"text": "x", "blocks": ["divider"]}, "unknown_type", "/blocks/0/type", "invalid_blocks"),
    ("unknown block", {"text": "x", "blocks": [{"type": "cards"}]}, "unknown_type", "/blocks/0/type", "invalid_blocks"),
    (
        "alert outside a modal",
        {"text": "x", "blocks": [{"type": "alert", "text": mrkdwn("x")}]},
        "unknown_type",
        "/blocks/0/type",
        "invalid_blocks",
    ),
    (
        "unknown field",
        {"text": "x", "blocks": [{"type": "divider", "colour": "red"}]},
        "unknown_field",
        "/blocks/0/colour",
        "invalid_blocks",
    ),
    (
        "header in mrkdwn",
        {"text": "x", "blocks": [{"type": "header", "text": mrkdwn("x")}]},
        "text_type",
        "/blocks/0/text",
        "invalid_blocks",
    ),
    (
        "button in mrkdwn",
        {"text": "x", "blocks": [actions(button(text=mrkdwn("x")))]},
        "text_type",
        "/blocks/0/elements/0/text",
        "invalid_blocks",
    ),
    (
        "emoji in mrkdwn",
        {"text": "x", "blocks": [{"type": "section", "text": mrkdwn("x") | {"emoji": True}}]},
        "unknown_field",
        "/blocks/0/text/emoji",
        "invalid_blocks",
    ),
    ("empty section text", {"text": "x", "blocks": [section("")]}, "length", "/blocks/0/text/text", "invalid_blocks"),
    ("section with nothing", {"text": "x", "blocks": [{"type": "section"}]}, "required", "/blocks/0", "invalid_blocks"),
    ("no actions", {"text": "x", "blocks": [actions()]}, "count", "/blocks/0/elements", "invalid_blocks"),
    (
        "button style",
        {"text": "x", "blocks": [actions(button(style="default"))]},
        "choice",
        "/blocks/0/elements/0/style",
        "invalid_blocks",
    ),
    (
        "button address",
        {"text": "x", "blocks": [actions(button(url="javascript:alert(1)"))]},
        "pattern",
        "/blocks/0/elements/0/url",
        "invalid_blocks",
    ),
    (
        "image without alt_text",
        {"text": "x", "blocks": [{"type": "image", "image_url": "https://e.com/x"}]},
        "required",
        "/blocks/0",
        "invalid_blocks",
    ),
    (
        "image of two sources",
        {"text": "x", "blocks": [image(slack_file={"id": "F1"})]},
        "exclusive",
        "/blocks/0",
        "invalid_blocks",
    ),
    (
        "text is no text",
        {"text": "x", "blocks": [{"type": "section", "text": "x"}]},
        "text_type",
        "/blocks/0/text",
        "invalid_blocks",
    ),
    (
        "block_id twice",
        {"text": "x", "blocks": [section("a", block_id="b"), section("c", block_id="b")]},
        "duplicate_block_id",
        "/blocks/1/block_id",
        "invalid_blocks",
    ),
    (
        "action_id twice",
        {"text": "x", "blocks": [actions(button(action_id="a"), button(action_id="a"))]},
        "duplicate_action_id",
        "/blocks/0/elements",
        "invalid_blocks",
    ),
    ("two tables", {"text": "x", "blocks": [table(1, 1), table(1, 1)]}, "one_table", "/blocks", "invalid_attachments"),
    ("three charts", {"text": "x", "blocks": [chart(1, 1)] * 3}, "count", "/blocks", "invalid_blocks"),
    (
        "markdown in all",
        {"text": "x", "blocks": [{"type": "markdown", "text": "x" * 6001}] * 2},
        "length",
        "/blocks",
        "invalid_blocks",
    ),
    ("all too long", {"text": "x", "blocks": [section("x" * 2700)] * 5}, "total", "/blocks", "msg_blocks_too_long"),
    ("nothing to say", {}, "no_text", "/text", "no_text"),
    ("no fallback", {"blocks": [{"type": "divider"}]}, "fallback", "/text", None),
    ("text too long", {"text": "x" * 40_001}, "length", "/text", "msg_too_long"),
    ("text is a number", {"text": 7}, "type", "/text", "invalid_arguments"),
    ("misspelt argument", {"text": "x", "thread": "1.2"}, "unknown_argument", "/thread", None),
    (
        "metadata without payload",
        {"text": "x", "metadata": {"event_type": "a"}},
        "metadata",
        "/metadata",
        "invalid_metadata_format",
    ),
    (
        "metadata type",
        {"text": "x", "metadata": {"event_type": "a-b", "event_payload": {}}},
        "metadata",
        "/metadata/event_type",
        "invalid_metadata_format",
    ),
    (
        "metadata payload",
        {"text": "x", "metadata": {"event_type": "a", "event_payload": "x"}},
        "metadata",
        "/metadata/event_payload",
        "invalid_metadata_format",
    ),
    (
        "attachment colour",
        {"text": "x", "attachments": [{"color": "redd", "text": "x"}]},
        "choice",
        "/attachments/0/color",
        "invalid_attachments",
    ),
    (
        "attachment field",
        {"text": "x", "attachments": [{"colour": "good"}]},
        "unknown_field",
        "/attachments/0/colour",
        "invalid_attachments",
    ),
    (
        "101 attachments",
        {"text": "x", "attachments": [{"text": "x"}] * 101},
        "count",
        "/attachments",
        "too_many_attachments",
    ),
    (
        "block in an attachment",
        {"text": "x", "attachments": [{"blocks": [section("x" * 3001)]}]},
        "length",
        "/attachments/0/blocks/0/text/text",
        "invalid_blocks",
    ),
    ("mention in text", {"text": "<!everybody> x"}, "escaping", "/text", None),
    ("bare < in a section", {"text": "x", "blocks": [section("1 < 2")]}, "escaping", "/blocks/0/text/text", None),
    (
        "bare & in a context",
        {"text": "x", "blocks": [context(mrkdwn("a & b"))]},
        "escaping",
        "/blocks/0/elements/0/text",
        None,
    ),
    (
        "bare > in a field",
        {"text": "x", "blocks": [{"type": "section", "fields": [mrkdwn("a > b")]}]},
        "escaping",
        "/blocks/0/fields/0/text",
        None,
    ),
    ("control character", {"text": "a\x1b[31mb"}, "escaping", "/text", None),
]


@pytest.mark.parametrize(
    ("message", "rule", "path", "error"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_message_is_told_what_is_wrong(
    message: dict[str, Any], rule: str, path: str, error: str | None
) -> None:
    assert (rule, path, error) in [(problem.rule, problem.path, problem.error) for problem in problems(message)]


RIGHT: list[dict[str, Any]] = [
    sample.ALERT,
    sample.DIAGNOSIS,
    sample.RESOLVED,
    {"text": "x", "attachments": [{"color": "#e01e5a", "blocks": [section("x")]}]},
    {"text": "x", "metadata": {}},
    {"ts": "1.2", "channel": "C1", "metadata": {"event_type": "a", "event_payload": {"k": "v"}}},
    {"text": "a &amp; b &lt;!channel&gt; 10:45:30 arn:aws:ecs:eu-west-1:1:service/a_b_c"},
    {"text": "<https://example.com/a?b=1&amp;c=2|a &amp; b> <@U123> <#C123> <!subteam^S123> <!here>"},
    {"text": "<!date^1392734382^{date_num} {time_secs}|2014-02-18 14:39:42>"},
    {"text": "> quoted\n>>> all of this"},
    {"text": "x", "blocks": [{"type": "header", "text": plain("a < b & c")}]},
    {"text": "x", "blocks": [actions(button(action_id="a")), actions(button(action_id="a"))]},
]


@pytest.mark.parametrize("message", RIGHT)
def test_a_right_message_passes(message: dict[str, Any]) -> None:
    assert problems(message) == []
    assert sdk_problems(message) == []


def test_the_cumulative_limit_agrees_with_what_was_observed_on_the_live_service() -> None:
    divider = {"type": "divider"}

    def too_long(*blocks: dict[str, Any]) -> bool:
        return "total" in [problem.rule for problem in problems({"text": "x", "blocks": list(blocks)})]

    assert not too_long({"type": "markdown", "text": "x" * 13_297})
    assert too_long({"type": "markdown", "text": "x" * 13_298})
    assert not too_long({"type": "markdown", "text": "x" * 13_172}, divider)
    assert too_long({"type": "markdown", "text": "x" * 13_173}, divider)


@pytest.mark.parametrize(
    "block",
    [
        section("x" * 3001),
        {"type": "header", "text": plain("x" * 151)},
        {"type": "section", "fields": [mrkdwn("x")] * 11},
        actions(button(text=plain("x" * 76))),
        {"type": "cards"},
        {"type": "image", "image_url": "https://example.com/x.png"},
    ],
)
def test_slack_sdk_refuses_too(block: dict[str, Any]) -> None:
    assert sdk_problems({"text": "x", "blocks": [block]})


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Resolve"), "blocks": [section("x")], **more}


FIELD = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "a"}}


@pytest.mark.parametrize(
    ("view", "rules"),
    [
        (modal(), []),
        (modal(title=plain("x" * 24), private_metadata="x" * 3000), []),
        (modal(blocks=[FIELD], submit=plain("Send")), []),
        (modal(blocks=[{"type": "alert", "text": mrkdwn("x"), "level": "warning"}]), []),
        (modal(title=plain("x" * 25)), ["length"]),
        (modal(private_metadata="x" * 3001), ["length"]),
        (modal(blocks=[{"type": "divider"}] * 101), ["count"]),
        (modal(blocks=[FIELD]), ["required"]),
        (modal(blocks=[section("a", block_id="b"), section("c", block_id="b")]), ["duplicate_block_id"]),
        ({"type": "modal", "title": plain("x")}, ["required"]),
    ],
)
def test_modals(view: dict[str, Any], rules: list[str]) -> None:
    assert [problem.rule for problem in view_problems(view)] == rules


def test_every_block_names_its_page_in_the_reference() -> None:
    for name, shape in (MESSAGE | VIEW).items():
        page = f"https://docs.slack.dev/reference/block-kit/blocks/{name.replace('_', '-')}-block"
        assert shape.source == page


def test_a_problem_reads_as_slack_words_it() -> None:
    (found,) = problems({"text": "x", "blocks": [section("x" * 3001)]})
    assert str(found) == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert found.source == "https://docs.slack.dev/reference/block-kit/composition-objects/text-object"
