"""The embedded Slack's page as a browser shows it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from slack_sdk import WebClient

from local.slack import sample
from local.slack.mrkdwn import escaped
from local.slack.server import EmbeddedSlack
from tests.browser.browser import MISSING, Browser

pytestmark = pytest.mark.browser

EVIL = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> <!channel> <@U12345> "
    "<https://evil.example|click> javascript:alert(1) *b _i ~s `c ```p </div></article></body>"
)
LONG = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:" + "x" * 600


@pytest.fixture
def slack() -> Iterator[EmbeddedSlack]:
    with EmbeddedSlack(processing=0.0) as running:
        yield running


def post(slack: EmbeddedSlack, **message: Any) -> str:
    client = WebClient(token=sample.TOKEN, base_url=slack.url)
    return str(client.chat_postMessage(channel="#alerts", **message)["ts"])


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def body_of(dom: str) -> str:
    return dom[dom.index("<body") : dom.rindex("<script>")]


def widths(path: Path, left: int, right: int) -> tuple[int, set[Any]]:
    """How many different colours stand in a column band of a screenshot, and which."""
    with Image.open(path) as picture:
        band = picture.convert("RGB").crop((left, 60, right, picture.height))
        colours = band.getcolors(1_000_000) or []
    return len(colours), {colour for _, colour in colours}


def test_the_incident_and_its_thread_are_shown(slack: EmbeddedSlack, browser: Browser) -> None:
    ts = sample.post(slack, "#alerts")
    dom, console = browser.dom(slack.page_url)
    assert console == []
    assert "INCIDENT ALERT - Severity 2" in dom
    assert "INCIDENT RESOLVED - Severity 2" in dom
    assert f'href="/c/alerts/t/{ts}"' in dom
    assert "Do now" not in body_of(dom)
    thread, console = browser.dom(f"{slack.page_url}c/alerts/t/{ts}")
    assert console == []
    for part in ("Do now", "Running tasks", "Rolling back to 41", "3 replies", "Deployed at 10:45:30", sample.ARN):
        assert part in thread


def test_a_message_that_comes_later_appears_by_itself(slack: EmbeddedSlack, browser: Browser) -> None:
    page = slack._server.page
    whole = page.at

    def at_then_post(path: str, viewer: str = "") -> str | None:
        html = whole(path, viewer)
        if not slack.messages("#alerts"):
            post(slack, text="a late message")
        return html

    page.at = at_then_post  # type: ignore[method-assign]
    dom, console = browser.dom(slack.page_url)
    assert console == []
    assert "a late message" in body_of(dom)
    assert "Nothing has been posted here yet" not in dom


@pytest.mark.parametrize("careful", [True, False], ids=["escaped", "unescaped"])
def test_hostile_text_makes_no_script_and_no_picture(browser: Browser, *, careful: bool) -> None:
    text = escaped(EVIL) if careful else EVIL
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": EVIL[:150]}},
        section(text),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": text}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": EVIL}]]},
    ]
    with EmbeddedSlack(strict=careful) as slack:
        ts = post(slack, text=text, blocks=blocks)
        post(slack, text="the next message is whole")
        for url in (slack.page_url, f"{slack.page_url}c/alerts/t/{ts}"):
            dom, console = browser.dom(url)
            assert console == []
            body = body_of(dom)
            assert "<title>owned" not in dom
            assert "<script" not in body
            assert "<img" not in body
            assert "onerror" not in re.sub(r">[^<]*<", "><", body)
            assert body.count('<article class="message') == (2 if url == slack.page_url else 3)
            if careful:
                assert 'class="mention"' not in body
                assert "evil.example" not in re.sub(r">[^<]*<", "><", body)


@pytest.mark.parametrize(("width", "pane"), [(1280, 1280), (700, 700)])
def test_long_words_stay_in_their_pane(
    slack: EmbeddedSlack, browser: Browser, tmp_path: Path, width: int, pane: int
) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": LONG[:150]}},
        section(LONG),
        section(f"`{LONG}`"),
        section(f"```{LONG}```"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": LONG}] * 2},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": LONG}]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "W" * 75}}]},
    ]
    post(slack, text=LONG, blocks=blocks)
    shot = tmp_path / "long.png"
    browser.screenshot(slack.page_url, shot, width=width, height=1600)
    count, _ = widths(shot, pane - 12, pane - 2)
    assert count <= 2, "something is drawn in the pane's right margin"  # the paper and, at most, the hovered wash


def test_wide_windows_show_channel_and_thread_side_by_side(
    slack: EmbeddedSlack, browser: Browser, tmp_path: Path
) -> None:
    ts = sample.post(slack, "#alerts")
    shots = {}
    for width in (1440, 800):
        shots[width] = tmp_path / f"{width}.png"
        browser.screenshot(f"{slack.page_url}c/alerts/t/{ts}", shots[width], width=width, height=1000)
    _, wide = widths(shots[1440], 0, 200)
    _, narrow = widths(shots[800], 0, 200)
    side = (0x3B, 0x1D, 0x3F)
    assert side in wide
    assert side not in narrow


def test_without_chromium_the_test_fails_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match="apt-get install -y chromium"):
        Browser(tmp_path)
    assert "Chromium is not installed" in MISSING
