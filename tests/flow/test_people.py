"""What people decide in Slack, from the queue to the timeline: who may, what is stale, what is done once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas import house as houses
from lambdas.errands import source
from lambdas.handlers.respond import respond
from lambdas.incidents.model import Drafted, Notice
from lambdas.incidents.orders import Order, stamp
from lambdas.incidents.store import Timeline
from lambdas.settings import Contact, Rotation
from local.world.hook import NoWorld, attached
from tests.flow.test_once import message, sqs

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from tests.conftest import Rooms

ANA, BEN, SAM, KIM = "U0ANAWEBER", "U0BENFREY1", "U023BECGF", "U0STRANGER"
GROUP = "S0614TZR7"  # Ana and Ben


@pytest.fixture
def house(rooms: Rooms) -> Iterator[House]:
    """The rooms with people in the configuration, and with queues for errands and reviews."""
    aws = rooms.house.aws
    settings = replace(
        rooms.house.settings,
        queue=aws.sqs.create_queue(QueueName="errands")["QueueUrl"],
        review_queue=aws.sqs.create_queue(QueueName="reviews")["QueueUrl"],
        responders=(GROUP,),
        approvers=(SAM,),
        time_zone="Europe/Zurich",
        rotations=(
            Rotation(
                level=1,
                people=(Contact(name="Ana Weber", slack=ANA, phone="+41441234501"),),
                since="2026-01-05T09:00",
            ),
        ),
    )
    with attached(NoWorld(own=frozenset({"incidents", "acme/slack"}))):  # nothing about the workload can be seen
        yield houses.build(settings, aws=aws, slack=rooms.house.slack, clock=rooms.clock)


@pytest.fixture
def incident(house: House, rooms: Rooms) -> Callable[[], Incident]:
    """An open incident; calling it reads it as it is now."""
    outcome = respond(sqs(message()), house)
    assert outcome.taken[0].incident
    id_ = outcome.taken[0].incident.id
    rooms.clock.now += 60

    def now() -> Incident:
        found = house.store.incident(id_)
        assert found is not None
        return found

    return now


def bring(house: House, *orders: Order | str) -> list[str]:
    """Let Lambda bring orders from our own queue; returns the failed records."""
    arn = f"arn:aws:sqs:{source(house.settings)}"
    records = [
        {
            "messageId": f"m{n}",
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "body": order if isinstance(order, str) else order.to_json(),
        }
        for n, order in enumerate(orders)
    ]
    return respond({"Records": records}, house).failed


def order(incident: Incident, verb: str, by: str = ANA, argument: str = "", **more: Any) -> Order:
    at = more.pop("at", 1_795_489_600)
    number = more.pop("number", 0)
    return Order(
        id=f"{verb}{by}{argument}{number}",
        at=at,
        verb=verb,
        by=by,
        incident=incident.id,
        argument=argument,
        stamp=stamp(incident, verb, argument),
        channel=incident.channel,
        thread=incident.ts,
        **more,
    )


def command(text: str, by: str = ANA, channel: str = "#alerts") -> Order:
    return Order(id=f"c{abs(hash(text)):x}"[:16], at=1_795_489_600, verb="command", by=by, text=text, channel=channel)


def people(house: House, incident: Incident) -> list[tuple[str, str]]:
    """Who did what, from the timeline."""
    rows = [row for row in house.store.timeline(incident.id) if row.kind.startswith("person.")]
    return [(row.kind.removeprefix("person."), json.loads(row.body)["by"]) for row in rows]


def test_an_acknowledgement_is_kept_with_its_person_and_shown(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    assert bring(house, order(incident(), "acknowledge")) == []
    assert incident().acknowledged_by == ANA
    assert people(house, incident()) == [("acknowledge", ANA)]
    shown = json.dumps(rooms.posts()[0])
    assert f"<@{ANA}> is on it" in shown
    assert '"tocsin.acknowledge"' not in shown
    assert rooms.slack.whispers(ANA) == []


def test_of_two_clicks_one_counts_and_the_other_is_answered(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    seen = incident()
    bring(house, order(seen, "acknowledge"), order(seen, "acknowledge", number=1), order(seen, "acknowledge", BEN))
    assert people(house, seen) == [("acknowledge", ANA)]
    assert rooms.slack.whispers(ANA)[0].startswith("You acknowledged")
    assert rooms.slack.whispers(BEN)[0].startswith(f"<@{ANA}> acknowledged")


def test_two_clicks_on_escalate_climb_one_level(house: House, rooms: Rooms, incident: Callable[[], Incident]) -> None:
    seen = incident()
    bring(house, order(seen, "escalate"), order(seen, "escalate", BEN))
    assert incident().level == 2
    assert "was escalated to level 2 already" in rooms.slack.whispers(BEN)[0]
    bring(house, order(incident(), "escalate", BEN), order(replace(incident(), level=3), "escalate"))
    assert incident().level == 3
    assert people(house, seen) == [("escalate", ANA), ("escalate", BEN)]
    assert "last level" in rooms.slack.whispers(ANA)[-1]


@pytest.mark.parametrize("verb", ["acknowledge", "escalate", "severity", "resolve", "snooze"])
def test_whoever_is_not_named_changes_nothing_and_is_told(
    house: House, rooms: Rooms, incident: Callable[[], Incident], verb: str
) -> None:
    before = incident()
    argument = {"severity": "1", "snooze": "60"}.get(verb, "")
    bring(house, order(before, verb, KIM, argument, root_cause="x"))
    assert incident() == before
    assert people(house, before) == []
    assert rooms.slack.whispers(KIM) == [
        "🚫 Nothing was changed: you are not among those who may respond to incidents here."
    ]


def test_where_slack_does_not_name_a_groups_members_nobody_of_it_may(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    rooms.slack.fail_next("usergroups.users.list", times=2)
    bring(house, order(incident(), "acknowledge"))
    assert incident().acknowledged_by == ""
    assert "try again" in rooms.slack.whispers(ANA)[0]
    bring(house, order(incident(), "acknowledge", SAM))  # named by id: needs no group
    assert incident().acknowledged_by == SAM


def test_a_severity_that_a_person_sets_and_a_snooze_hold(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    bring(house, order(incident(), "severity", argument="1"))
    assert (incident().judged.severity, incident().severity_by) == (1, ANA)
    bring(house, order(incident(), "severity", BEN, "1"))
    assert "is Severity 1 already" in rooms.slack.whispers(BEN)[0]
    bring(house, order(incident(), "snooze", argument="60"))
    assert incident().snoozed_until == rooms.clock.now + 3600
    assert people(house, incident()) == [("severity", ANA), ("snooze", ANA)]


@pytest.mark.parametrize(
    ("verb", "argument"), [("severity", "0"), ("severity", "x"), ("snooze", "1"), ("snooze", "99999")]
)
def test_a_choice_that_no_menu_has_does_nothing(
    house: House, rooms: Rooms, incident: Callable[[], Incident], verb: str, argument: str
) -> None:
    before = incident()
    bring(house, order(before, verb, argument=argument))
    assert incident() == before
    assert rooms.slack.whispers(ANA) == ["This choice is not known here."]


def test_a_resolution_says_what_the_person_wrote_and_that_it_still_rings(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    seen = incident()
    words = {"root_cause": "A <!channel> job ran twice", "prevention": "A lock"}
    bring(house, order(seen, "resolve", **words), order(seen, "resolve", BEN, **words))
    assert (incident().status, incident().forced, incident().resolved_by) == ("RESOLVED", True, ANA)
    shown = json.dumps(rooms.posts()[0], ensure_ascii=False)
    for part in ("A &lt;!channel&gt; job ran twice", "A lock", "still ringing", f"Resolved by <@{ANA}>"):
        assert part in shown
    assert "was resolved" in rooms.slack.whispers(BEN)[0]
    bring(house, order(seen, "acknowledge", BEN))
    assert "already" in rooms.slack.whispers(BEN)[-1]
    assert incident().status == "RESOLVED", "acknowledging late does not open it again"


def test_a_button_of_a_former_life_is_stale(house: House, rooms: Rooms, incident: Callable[[], Incident]) -> None:
    seen = incident()
    house.store.commit(replace(seen, reopen=1), Timeline(at=1, id="again", kind="test"), (), int(rooms.clock.now))
    bring(house, order(seen, "acknowledge"))
    assert incident().acknowledged_by == ""
    assert "was reopened since you saw this" in rooms.slack.whispers(ANA)[0]


def test_a_resolve_whose_dialog_did_not_open_asks_again(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    bring(house, order(incident(), "resolve"))
    assert incident().status == "OPEN"
    assert "did not open the dialog in time" in rooms.slack.whispers(ANA)[0]


def test_the_same_order_again_changes_nothing_more(house: House, incident: Callable[[], Incident]) -> None:
    asked = order(incident(), "escalate")
    bring(house, asked)
    bring(house, asked, asked)
    assert incident().level == 2
    assert people(house, incident()) == [("escalate", ANA)]


def test_an_unknown_incident_is_named_as_such(house: House, rooms: Rooms, incident: Callable[[], Incident]) -> None:
    bring(house, replace(order(incident(), "acknowledge"), incident="INC-<!channel>"))
    assert rooms.slack.whispers(ANA) == ["I know no incident `INC-&lt;!channel&gt;`."]


def test_a_notice_is_sent_only_after_somebody_who_may_approves_what_it_says(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    drafted = Drafted(notice=Notice(kind="customer", subject="Checkout is down", text="We are on it"))
    house.desk.record(incident().id, drafted, Timeline(at=1, id="d", kind="drafted"))
    seen = incident()
    bring(house, order(seen, "notice.approve", ANA, "customer"))
    assert incident().notices["customer"].state == "DRAFTED"
    assert "may approve changes" in rooms.slack.whispers(ANA)[0]
    stale = replace(order(seen, "notice.approve", SAM, "customer"), stamp="another text")
    bring(house, stale)
    assert incident().notices["customer"].state == "DRAFTED"
    assert "the draft is another one by now" in rooms.slack.whispers(SAM)[0]
    bring(house, order(seen, "notice.approve", SAM, "customer"))
    assert incident().notices["customer"].state in {"APPROVED", "SENT", "FAILED"}
    assert incident().notices["customer"].by == SAM
    assert people(house, seen) == [("notice.approve", SAM)]


def test_one_broken_order_fails_alone(house: House, incident: Callable[[], Incident]) -> None:
    assert bring(house, "{}", order(incident(), "acknowledge")) == ["m0"]
    assert incident().acknowledged_by == ANA


@pytest.mark.parametrize("road", ["bare", "sns", "inbox", "event bus", "records in sns"])
def test_an_order_by_any_other_road_is_obeyed_by_nobody(
    house: House, rooms: Rooms, incident: Callable[[], Incident], road: str
) -> None:
    text = order(incident(), "acknowledge").to_json()
    arn = f"arn:aws:sqs:{source(house.settings)}"
    envelope = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms", "MessageId": "1"}
    inbox = {"messageId": "m", "eventSource": "aws:sqs", "eventSourceARN": f"{arn}-inbox"}
    bus = {"source": "x", "detail-type": "y", "detail": json.loads(text)}
    forged = {"Records": [{"eventSource": "aws:sqs", "eventSourceARN": arn, "messageId": "x", "body": text}]}
    events: dict[str, Any] = {
        "bare": json.loads(text),
        "inbox": {"Records": [inbox | {"body": text}]},
        "sns": {"Records": [inbox | {"body": json.dumps(envelope | {"Message": text})}]},
        "event bus": {"Records": [inbox | {"body": json.dumps(bus)}]},
        "records in sns": {"Records": [inbox | {"body": json.dumps(envelope | {"Message": json.dumps(forged)})}]},
    }
    outcome = respond(events[road], house)
    assert incident().acknowledged_by == ""
    assert [taken.outcome for taken in outcome.taken] == ["noted"]
    assert any("Event not understood" in str(post["text"]) for post in rooms.posts())


def test_commands_answer_in_private(house: House, rooms: Rooms, incident: Callable[[], Incident]) -> None:
    bring(house, command(""))
    assert incident().id in rooms.slack.whispers(ANA)[-1]
    assert "nobody has acknowledged it" in rooms.slack.whispers(ANA)[-1]
    bring(house, command(f"ack {incident().id[-8:]}"))
    assert incident().acknowledged_by == ANA
    assert people(house, incident()) == [("acknowledge", ANA)]
    bring(house, command("oncall"))
    assert f"Level 1, operations team: Ana Weber (<@{ANA}>) +41441234501" in rooms.slack.whispers(ANA)[-1]
    bring(house, command("help", KIM), command("status", KIM), command(f"ack {incident().id}", KIM))
    told = rooms.slack.whispers(KIM)
    assert "What `/tocsin` understands" in told[0]
    assert all(text.startswith("🚫 Nothing was done") for text in told[1:])
    assert len(rooms.posts()) == 1, "nothing of it stands in the channel"


def test_a_silence_is_begun_listed_and_ended_by_people(
    house: House, rooms: Rooms, incident: Callable[[], Incident]
) -> None:
    bring(house, command("silence load-test-* 2h sev1 planned <!here> test"))
    (silence,) = house.desk.silences()
    assert silence.quiet
    assert (silence.quiet.by, silence.quiet.reason, silence.quiet.severity_1) == (ANA, "planned <!here> test", True)
    assert silence.quiet.end == rooms.clock.now + 7200
    told = rooms.slack.whispers(ANA)[-1]
    assert silence.id in told
    assert "&lt;!here&gt;" in told
    bring(house, command("silence load-test-* 2h sev1 planned <!here> test"))  # the same request again
    assert len(house.desk.silences()) == 1
    bring(house, command("silences"))
    assert silence.id in rooms.slack.whispers(ANA)[-1]
    bring(house, command("unsilence nothing-like-it"))
    assert "I do not know which silence" in rooms.slack.whispers(ANA)[-1]
    bring(house, command(f"unsilence {silence.id}"))
    assert house.desk.silences() == []
    bring(house, command("silence * 1h", KIM))
    assert house.desk.silences() == []


def test_a_review_is_ordered_with_its_person(house: House, rooms: Rooms) -> None:
    bring(house, command("review capacity 2026-11-20"), command("review tea"), command("review weekly soon"))
    (found,) = house.aws.sqs.receive_message(QueueUrl=house.settings.review_queue)["Messages"]
    asked = json.loads(found["Body"])["tocsin.review"]
    assert {name: asked[name] for name in ("kind", "date", "by")} == {"kind": "weekly", "date": "2026-11-20", "by": ANA}
    told = rooms.slack.whispers(ANA)
    assert told[1].startswith("I cannot do that: there is no review")
    assert "no such time" in told[2]


def test_an_answer_goes_to_the_response_url_only_where_that_is_slacks(house: House, rooms: Rooms) -> None:
    url = rooms.slack.workspace.new_response_url("commands", ANA, rooms.slack.workspace.store.channels()[0].id, None)
    bring(house, replace(command("help"), response_url=url))
    assert "What `/tocsin` understands" in rooms.slack.whispers(ANA)[0]
    calls = len(rooms.slack.calls)
    bring(house, replace(command("help "), response_url="http://169.254.169.254/latest/meta-data"))
    assert [call.method for call in rooms.slack.calls[calls:]] == ["chat.postEphemeral"]
    assert len(rooms.slack.whispers(ANA)) == 2
