"""The customer is told what was approved, to the letter, once; and only in words for customers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from lambdas.errors import Unsettled
from lambdas.incidents.model import Closed, Notice, NoticeDecided, Post
from lambdas.incidents.store import LEASE, Row
from lambdas.notify.customer import WITHDRAWN, WORDS, draft, mail, settled
from lambdas.notify.outward import outward
from lambdas.notify.rows import Errand
from tests.unit.notify.scene import HEADLINE, ID, NOW, SETTINGS, incident, judged

if TYPE_CHECKING:
    from lambdas.settings import Settings
    from tests.unit.notify.conftest import Pager, Told

BOSS = "U0000009"
TWO = ("ops@customer.example", "cto@customer.example")


@pytest.fixture
def settings(pager: Pager) -> Settings:
    del pager
    return replace(SETTINGS, contacts={}, channels=replace(SETTINGS.channels, bus="", customers=TWO))


def opened(told: Told) -> None:
    told.raised()
    told.house.deliver(ID, told.house.store.unsent(ID))


def approve(told: Told, kind: str = "customer") -> None:
    told.record(NoticeDecided(by=BOSS, kind=kind, decision="approve"), f"decided-{kind}")


def test_a_draft_is_shown_and_nothing_is_sent_before_somebody_approves_it(told: Told) -> None:
    opened(told)
    assert told.incident.notices["customer"].state == "DRAFTED"
    assert told.thread == ["Draft to the customer: checkout: we are investigating a service outage"]
    assert told.mails == []
    told.later()
    assert told.mails == []


def test_an_approved_draft_goes_to_each_address_once_and_its_sending_is_said(told: Told) -> None:
    opened(told)
    drafted = told.incident.notices["customer"]
    approve(told)
    approve(told)
    told.later()
    assert told.mails == list(TWO)
    sent = told.incident.notices["customer"]
    assert (sent.state, sent.by, sent.status) == ("SENT", BOSS, "sent to 2 of 2 addresses")
    assert (sent.subject, sent.text) == (drafted.subject, drafted.text)
    messages = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sent_messages
    assert {(message.subject, message.body) for message in messages} == {(drafted.subject, mail(drafted).html)}
    assert told.thread == ["Notice to the customer: checkout: we are investigating a service outage (sent)"]


def test_a_declined_draft_is_never_sent(told: Told) -> None:
    opened(told)
    told.record(NoticeDecided(by=BOSS, kind="customer", decision="decline"), "d1")
    approve(told)
    told.record(Closed(by=BOSS, root_cause="r", prevention="p"), "c1")
    told.later()
    assert told.mails == []
    assert told.incident.notices["customer"].state == "DECLINED"


def test_who_was_told_that_it_began_is_told_that_it_is_over(told: Told) -> None:
    opened(told)
    approve(told)
    told.record(Closed(by=BOSS, root_cause="r", prevention="p"), "c1")
    (kind,) = [kind for kind in told.incident.notices if kind.startswith("customer.resolved")]
    assert told.mails == list(TWO)
    approve(told, kind)
    assert told.mails == [*TWO, *TWO]


def test_a_draft_nobody_decided_on_is_withdrawn_when_it_is_over(told: Told) -> None:
    opened(told)
    told.record(Closed(by=BOSS, root_cause="r", prevention="p"), "c1")
    withdrawn = told.incident.notices["customer"]
    assert (withdrawn.state, withdrawn.status) == ("DECLINED", WITHDRAWN)
    approve(told)
    assert told.mails == []


def test_automatic_customers_are_told_without_anybody(told: Told) -> None:
    channels = replace(told.house.settings.channels, automatic=True)
    object.__setattr__(told.house, "settings", replace(told.house.settings, channels=channels))
    told.house.desk.settings = told.house.settings
    opened(told)
    assert told.mails == list(TWO)
    assert told.incident.notices["customer"].by == "automatic"


def test_an_address_that_is_refused_is_named_and_the_others_are_told(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = told.house.aws.sesv2.send_email

    def refuse_one(**call: Any) -> Any:
        if call["Destination"]["ToAddresses"] == [TWO[0]]:
            raise ValueError("broken address")  # any defect: the row ends in a word all the same
        return send(**call)

    monkeypatch.setattr(told.house.aws.sesv2, "send_email", refuse_one)
    opened(told)
    approve(told)
    for _ in range(8):
        told.later(601)
    notice = told.incident.notices["customer"]
    assert told.mails == [TWO[1]]
    assert notice.state == "FAILED"
    assert notice.status == f"sent to 1 of 2 addresses; not to {TWO[0]}: ValueError"


def test_a_customer_is_not_written_to_twice_after_a_crash(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(told)
    sent = told.house.store.sent

    class Died(BaseException):
        pass

    def dies(claim: Any, reference: str) -> None:
        if claim.post.kind == "customer" and "ops@" in claim.post.body:
            raise Died
        sent(claim, reference)

    with monkeypatch.context() as patch:
        patch.setattr(told.house.store, "sent", dies)
        with pytest.raises(Died):
            approve(told)
    for _ in range(3):
        told.later(LEASE + 1)
    assert sorted(told.mails) == sorted(TWO)
    notice = told.incident.notices["customer"]
    assert notice.state == "FAILED"  # nobody can tell whether the first one went out: a person is asked to look
    assert "may have gone out" in notice.status


# --- words -----------------------------------------------------------------------------------------------------------

INTERNAL = re.compile(
    r"arn:|ecs[:/.]|revision|deploy|\bprod/|5XX|alarm|Severity|fault|blame|i-[0-9a-f]{8}", re.IGNORECASE
)


@pytest.mark.parametrize("reason", sorted(WORDS))
@pytest.mark.parametrize("severity", [1, 2])
@pytest.mark.parametrize("affected", [None, 31.0])
def test_no_internals_reach_the_customer(reason: str, severity: int, affected: float | None) -> None:
    about = incident(judged=judged(severity, affected=affected), headline=HEADLINE, cleared_at=NOW + 1500)
    notice = draft(about, Errand(do="draft", notice="customer", reason=reason), SETTINGS)
    assert not INTERNAL.search(f"{notice.subject} {notice.text}")
    assert "checkout" in notice.subject
    assert "\n" not in notice.subject
    assert notice.text.startswith("Hello,\n\n")
    assert notice.text.endswith(f"Reference: {ID}")


def test_the_measured_share_is_named_and_an_unmeasured_one_is_not_made_up() -> None:
    errand = Errand(do="draft", notice="customer", reason="opened")
    measured = draft(incident(judged=judged(2, affected=31.4)), errand, SETTINGS).text
    assert "about 31 % of the requests to checkout fail" in measured
    assert "some users of checkout" in draft(incident(judged=judged(2)), errand, SETTINGS).text


def test_a_service_with_a_hostile_name_stays_text() -> None:
    about = incident(judged=judged(service="<script>x</script>\r\nBcc: all@example.com"))
    notice = draft(about, Errand(do="draft", notice="customer", reason="opened"), SETTINGS)
    assert "\n" not in notice.subject
    assert "\r" not in notice.subject
    assert "<script>" not in mail(notice).html


# --- settling --------------------------------------------------------------------------------------------------------


def row(to: str, state: str, said: str = "", notice: str = "customer") -> Row:
    return Row(post=Post("customer", 0, 1, Errand(do="send", notice=notice, to=to).body()), state=state, said=said)


def test_it_is_settled_when_every_address_is() -> None:
    with pytest.raises(Unsettled):
        settled("customer", [row("a", "SENT", "m1"), row("b", "CLAIMED")])
    done = settled("customer", [row("a", "SENT", "m1"), row("b", "FAILED", "no"), row("c", "PENDING", notice="other")])
    assert (done.state, done.status) == ("FAILED", "sent to 1 of 2 addresses; not to b: no")
    assert settled("customer", [row("a", "SENT", "m1")]).state == "SENT"
    assert settled("customer", []).state == "FAILED"


def test_a_later_draft_takes_the_place_of_an_undecided_one() -> None:
    from lambdas.incidents.lifecycle import reduce
    from lambdas.incidents.model import Drafted

    before = incident(notices={"customer": Notice(kind="customer", subject="a", text="b")})
    after, _ = reduce(before, Drafted(notice=Notice(kind="customer.update.4", subject="c", text="d")), NOW)
    assert after
    assert {kind: notice.state for kind, notice in after.notices.items()} == {
        "customer": "DECLINED",
        "customer.update.4": "DRAFTED",
    }
    assert [r for r in outward(before, after, (), SETTINGS, NOW) if r.kind == "customer"] == []
