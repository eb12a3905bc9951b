from html.parser import HTMLParser
from typing import Any

import pytest

from local.slack import sample
from local.slack.page import Page
from local.slack.workspace import Workspace

TOKEN = "xoxb-embedded"
EVIL = '<script>alert(1)</script> <!channel> <https://evil.example|x> "><img src=x onerror=alert(1)> {{ 7 * 7 }}'


class Found(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(*messages: dict[str, Any], strict: bool = True) -> tuple[Page, str]:
    """The page of #alerts after these messages, and its HTML."""
    workspace = Workspace(channels=("#alerts", "#other"), strict=strict, clock=lambda: 1_795_488_600.0)
    for message in messages:
        answer = workspace.call("chat.postMessage", {"channel": "#alerts", "text": "x", **message}, TOKEN)
        assert answer["ok"], answer
    made = Page(workspace)
    html = made.at("/c/alerts")
    assert html is not None
    return made, html


def test_a_message_is_shown_with_all_its_blocks() -> None:
    _, html = page(sample.ALERT, sample.DIAGNOSIS)
    for part in (
        "<h3>🚨 INCIDENT ALERT - Severity 2</h3>",
        "<b>Service:</b><br><code>checkout</code> in cluster <code>prod</code>",
        "Deployed at 10:45:30 by <code>deploy-bot</code>",
        sample.ARN,
        "running tasks 1 &lt; 4",
        "<s>ecs.app_crash</s> ruled out",
        '<td class="right">0</td>',
        "Tuesday, 24 November 2026",
        '<span class="app">APP</span>',
    ):
        assert part in html
    buttons = Found(html).of("button")
    assert [button["class"] for button in buttons] == ["button primary", "button danger"]
    assert all("disabled" in button for button in buttons)


def test_an_edit_a_reaction_and_replies_are_shown() -> None:
    workspace = Workspace()
    posted = workspace.call("chat.postMessage", {"channel": "#alerts", "text": "first words"}, TOKEN)
    place = {"channel": posted["channel"], "ts": posted["ts"]}
    workspace.call("chat.update", {**place, "text": "after"}, TOKEN)
    workspace.call("reactions.add", {"channel": place["channel"], "timestamp": place["ts"], "name": "eyes"}, TOKEN)
    workspace.call("chat.postMessage", {"channel": place["channel"], "text": "re", "thread_ts": place["ts"]}, TOKEN)
    html = Page(workspace).at("/") or ""
    assert "after" in html
    assert "first words" not in html
    assert "(edited)" in html
    assert "👀 1" in html
    assert f'href="/c/alerts/t/{place["ts"]}">💬 1 reply' in html
    thread = Page(workspace).at(f"/c/alerts/t/{place['ts']}") or ""
    assert f'id="t{place["ts"]}"' in thread
    assert "1 reply" in thread


def test_an_attachment_shows_its_colour_and_no_other_style() -> None:
    colours = ("#E01E5A", "danger", "good")
    attachments = [{"color": colour, "text": "*a*", "title": "T", "footer": "f"} for colour in colours]
    _, html = page({"attachments": attachments})
    styles = [found["style"] for found in Found(html).of("div") if found.get("class") == "attachment"]
    assert styles == ["border-left-color: #E01E5A", "border-left-color: #e01e5a", "border-left-color: #2eb67d"]


RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": EVIL, "style": {"bold": True}}]},
        {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://e.com", "text": EVIL}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": EVIL}]},
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "emoji", "name": "fire"}]}],
        },
    ],
}
CHART = {
    "type": "data_visualization",
    "title": "CPU <b>",
    "chart": {"type": "line", "series": [{"name": "a<b>", "data": [{"label": "<i>", "value": 1}]}], "axis_config": {}},
}


def evil_blocks() -> list[dict[str, Any]]:
    plain = {"type": "plain_text", "text": EVIL[:75]}
    escaped = {"type": "mrkdwn", "text": EVIL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    return [
        {"type": "header", "text": plain},
        {"type": "section", "text": escaped, "fields": [escaped, {"type": "plain_text", "text": EVIL}]},
        {"type": "context", "elements": [escaped, {"type": "plain_text", "text": EVIL}]},
        {"type": "actions", "elements": [{"type": "button", "text": plain, "url": "https://e.com/'\"><script>"}]},
        {
            "type": "image",
            "image_url": "https://evil.example/x.png",
            "alt_text": EVIL,
            "title": {"type": "plain_text", "text": EVIL},
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": EVIL}, {**RICH}]]},
        {"type": "markdown", "text": EVIL},
        RICH,
        CHART,
    ]


def test_hostile_text_is_inert_in_every_block() -> None:
    made, html = page(
        {
            "text": "x",
            "blocks": evil_blocks(),
            "attachments": [{"title": EVIL, "footer": EVIL, "fields": [{"title": EVIL, "value": ""}]}],
        }
    )
    found = Found(html)
    assert len(found.of("script")) == 1
    assert [a["href"] for a in found.of("a") if str(a.get("href", "")).startswith(("http", "javascript"))] == [
        "https://e.com/'\"><script>",
        "https://e.com",
        "https://e.com",
    ]
    assert found.of("img") == []
    assert [span for span in found.of("span") if span.get("class") == "mention"] == []
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert "{{ 7 * 7 }}" in html
    assert "default-src 'none'" in made.policy
    assert "'unsafe-inline'" not in made.policy.replace("style-src 'unsafe-inline'", "")


def test_even_unescaped_hostile_text_cannot_leave_its_place() -> None:
    _, html = page(
        {"text": EVIL, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": EVIL}}]}, strict=False
    )
    found = Found(html)
    assert len(found.of("script")) == 1
    assert found.of("img") == []


def test_pictures_come_from_this_server_alone() -> None:
    _, html = page({"blocks": [{"type": "image", "image_url": "https://evil.example/x.png", "alt_text": "a chart"}]})
    assert Found(html).of("img") == []
    assert "🖼 a chart" in html


@pytest.mark.parametrize("path", ["/nowhere", "/c/nowhere", "/c/alerts/t/1.2", "/c/alerts/x", "/c/../etc"])
def test_there_is_no_other_page(path: str) -> None:
    made, _ = page()
    assert made.at(path) is None


def test_an_empty_channel_and_a_workspace_without_channels_are_shown_too() -> None:
    assert "Nothing has been posted here yet" in page()[1]
    assert "no channel" in (Page(Workspace(channels=())).at("/") or "")
