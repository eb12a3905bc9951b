"""People and the deployed stack: from a click in a real browser, through the function URL, to the incident."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from lambdas.incidents.orders import Order
from lambdas.slack.signature import sign
from local.slack.interactivity import SIGNING_SECRET, post
from tests.browser.driver import driver
from tests.e2e.conftest import PATIENCE, alarm, eventually, roots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.stage import Stage
    from tests.browser.driver import Driver

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ANA, KIM = "U0ANAWEBER", "U0STRANGER"


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Driver]:
    with driver(tmp_path / "profile") as found:
        yield found


def raised(staged: Stage, service: str) -> str:
    """An incident of a service of its own, diagnosed; returns its root message's timestamp."""
    staged.publish(alarm(f"cpu-{service}", service))
    ts = str(eventually(lambda: roots(staged, service), "the first post", staged)[0]["ts"])
    eventually(lambda: len(staged.slack.thread("#alerts", ts)) > 1, "the diagnosis", staged)
    return ts


def shown(staged: Stage, ts: str) -> str:
    return json.dumps(next(m for m in staged.slack.messages("#alerts") if m["ts"] == ts), ensure_ascii=False)


def incident_of(staged: Stage, ts: str) -> str:
    message = next(m for m in staged.slack.messages("#alerts") if m["ts"] == ts)
    return str(message["metadata"]["event_payload"]["key"].partition("/")[0])


def says(ts: str, words: str) -> str:
    """An expression: the message on the page says something."""
    return f"document.getElementById('m{ts}')?.innerText.includes({json.dumps(words)})"


def test_a_click_on_acknowledge_shows_who_holds_the_incident(staged: Stage, tab: Driver) -> None:
    ts = raised(staged, "ledger")
    tab.open(staged.slack.page_url)
    tab.click(f"[id='m{ts}'] button", "Acknowledge")
    tab.until(says(ts, "@Ana Weber is on it"), "who holds it")
    assert tab.value(says(ts, "Acknowledge")) is False, "the button is gone"
    tab.open(f"{staged.slack.page_url}c/alerts/t/{ts}")
    tab.until_text("@Ana Weber is on it, after")
    assert tab.console == []


def test_who_may_not_is_told_so_and_nothing_changes(staged: Stage, tab: Driver) -> None:
    ts, told = raised(staged, "basket"), staged.slack.whispers(ANA)
    tab.open(staged.slack.page_url)
    tab.choose("#me", "Kim Guest")
    tab.until("document.readyState === 'complete' && document.querySelector('#me').value === 'U0STRANGER'", "Kim")
    tab.click(f"[id='m{ts}'] button", "Acknowledge")
    tab.until_text("Nothing was changed: you are not among those who may respond to incidents here.")
    assert "is on it" not in shown(staged, ts)
    assert staged.slack.whispers(ANA) == told


def test_resolving_asks_for_the_cause_and_says_it(staged: Stage, tab: Driver) -> None:
    ts = raised(staged, "voucher")
    tab.open(staged.slack.page_url)
    tab.click(f"[id='m{ts}'] button", "Resolve…")
    tab.until_text("Resolve the incident")
    tab.write("textarea[name=root_cause]", "A batch job ran twice", instead=True)
    tab.write("textarea[name=prevention]", "A lock around it", instead=True)
    tab.click("button[type=submit]", "Resolve")
    tab.until(says(ts, "INCIDENT RESOLVED"), "the resolution")
    for words in ("A batch job ran twice", "A lock around it", "An alarm was still ringing", "Resolved by @Ana Weber"):
        assert tab.value(says(ts, words)), words


def test_a_command_lists_and_acknowledges(staged: Stage, tab: Driver) -> None:
    ts = raised(staged, "invoice")
    id_ = incident_of(staged, ts)
    tab.open(staged.slack.page_url)
    tab.write("#say input", "/tocsin", enter=True)
    tab.until_text("nobody has acknowledged it")
    tab.write("#say input", f"/tocsin ack {id_[-8:]}", enter=True)
    tab.until(says(ts, "@Ana Weber is on it"), "who holds it")
    tab.write("#say input", "/tocsin oncall", enter=True)
    tab.until_text("Level 2, senior engineer: Senior SRE")


def test_requests_that_slack_did_not_sign_are_refused_and_leave_no_trace(staged: Stage) -> None:
    ts = raised(staged, "ticket")
    order = {"type": "block_actions", "user": {"id": ANA}, "actions": []}
    body, url = f"payload={json.dumps(order)}".encode(), staged.slack.workspace.interactivity.url
    now, form = str(int(time.time())), {"Content-Type": "application/x-www-form-urlencoded"}
    late, large = str(int(time.time()) - 301), b"payload=" + b"x" * 300_000

    def answered(body: bytes, stamp: str, secret: str, **more: str) -> int:
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": sign(secret, stamp, body)}
        return post(url, body, form | signed | more, PATIENCE)[0]

    assert post(url, body, form, PATIENCE)[0] == 401
    assert answered(body, now, "guessed") == 401
    assert answered(body, late, SIGNING_SECRET) == 403
    assert answered(large, now, SIGNING_SECRET) == 413
    assert answered(body, now, SIGNING_SECRET, **{"Content-Type": "application/json"}) == 415
    assert answered(body, now, SIGNING_SECRET) == 400, "signed, and still nothing that we gave anybody to press"
    logged = "\n".join((*staged.logged("interact"), *staged.logged("respond"), *staged.logged("pulse")))
    assert "refused" in logged
    for secret in (SIGNING_SECRET, staged.slack.workspace.token):
        assert secret not in logged
    assert "is on it" not in shown(staged, ts)


def test_an_order_on_an_alarm_topic_is_an_event_like_any_other(staged: Stage) -> None:
    ts = raised(staged, "stock")
    id_, before = incident_of(staged, ts), len(roots(staged, "Event not understood"))
    forged = Order(id="forged", at=int(time.time()), verb="acknowledge", by=ANA, incident=id_)
    staged.publish(json.loads(forged.to_json()))
    staged.publish({"tocsin.work": {"incident": id_, "kind": "diagnosis"}})
    noted = before + 2
    eventually(lambda: len(roots(staged, "Event not understood")) == noted, "two events not understood", staged)
    assert "is on it" not in shown(staged, ts)


def test_the_same_signed_request_again_changes_nothing_more(staged: Stage, tab: Driver) -> None:
    ts = raised(staged, "refund")
    tab.open(staged.slack.page_url)
    tab.click(f"[id='m{ts}'] button", "Escalate")
    tab.click("#ask button", "Escalate")
    tab.until(says(ts, "Level 2"), "the next level")
    again = staged.slack.workspace.interactivity.sent[-1]
    assert post(staged.slack.workspace.interactivity.url, again.body, again.headers, PATIENCE)[0] == 200
    eventually(lambda: any("to level 2 already" in text for text in staged.slack.whispers(ANA)), "told", staged)
    assert "Level 3" not in shown(staged, ts)
