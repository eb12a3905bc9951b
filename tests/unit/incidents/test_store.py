"""The table on moto: what only DynamoDB can decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from lambdas.aws import Aws
from lambdas.errors import Contended, Duplicate
from lambdas.incidents.model import Alarm, Headline, Incident, Judged, Post, Quiet
from lambdas.incidents.store import KEEP_INCIDENT, LEASE, Confirmation, Due, Head, Move, StepCount, Store, Timeline
from lambdas.incidents.tally import seen
from local.plane import create_table

NOW = 1_795_489_560
EVENT = Timeline(at=NOW * 1000, id="e1", kind="alarm.ALARM", body='{"a":1}')
INITIAL, EDIT = Post("initial"), Post("edit", 0, 2)
JUDGED = Judged(severity=2, tier="critical", scope="unknown", service="s", target="ecs:c/s", impact="i")


@pytest.fixture
def store() -> Iterator[Store]:
    with mock_aws():
        aws = Aws("eu-west-1")
        create_table(aws, "t")
        yield Store(aws.dynamodb, "t")


def incident(id_: str = "INC-1", **changes: object) -> Incident:
    alarm = Alarm(name="a", state="ALARM", at=NOW)
    base = Incident(
        id=id_,
        status="OPEN",
        judged=JUDGED,
        alarms={"k": alarm},
        opened_at=NOW,
        detected_at=NOW,
        clock_from=NOW,
        next_update=NOW + 900,
    )
    return replace(base, **changes)  # type: ignore[arg-type] # a test's shorthand


def test_what_is_written_is_read_back(store: Store) -> None:
    written = store.commit(incident(), EVENT, [INITIAL], NOW)
    assert written.ver == 1
    assert store.incident("INC-1") == written
    assert store.timeline("INC-1") == [EVENT]
    assert store.unsent("INC-1") == [INITIAL]
    assert store.open_incidents() == ["INC-1"]
    assert store.incident("INC-2") is None


def test_an_event_that_is_on_the_timeline_is_a_duplicate(store: Store) -> None:
    first = store.commit(incident(), EVENT, [INITIAL], NOW)
    with pytest.raises(Duplicate):
        store.commit(incident(), EVENT, [INITIAL], NOW)  # a new incident, by another worker
    with pytest.raises(Duplicate):
        store.commit(first, EVENT, [], NOW)


def test_a_version_that_moved_on_is_contended_and_changes_nothing(store: Store) -> None:
    first = store.commit(incident(), EVENT, [], NOW)
    second = store.commit(first, replace(EVENT, id="e2"), [], NOW)
    with pytest.raises(Contended):
        store.commit(first, replace(EVENT, id="e3"), [EDIT], NOW)
    assert store.incident("INC-1") == second
    assert [row.id for row in store.timeline("INC-1")] == ["e1", "e2"]
    assert store.unsent("INC-1") == []


def test_an_alarms_head_moves_only_from_where_it_was_read(store: Store) -> None:
    move = Move(key="k", at=NOW * 1000, state="ALARM", before=None)
    store.commit(incident(), EVENT, [], NOW, move=move)
    head = store.head("k")
    assert head == Head(at=NOW * 1000, state="ALARM", incident="INC-1")
    with pytest.raises(Contended):
        store.commit(incident("INC-2"), replace(EVENT, id="e2"), [], NOW, move=move)
    assert store.incident("INC-2") is None
    store.move_head(Move(key="k", at=NOW * 1000 + 5, state="OK", before=head))
    with pytest.raises(Contended):
        store.move_head(Move(key="k", at=NOW * 1000 + 9, state="OK", before=head))
    assert store.head("k") == Head(at=NOW * 1000 + 5, state="OK", incident="INC-1")


def test_two_alarms_of_one_resource_cannot_both_open_for_it(store: Store) -> None:
    store.commit(incident(), EVENT, [], NOW, groups={"ecs:c/s": ""})
    with pytest.raises(Contended):
        store.commit(incident("INC-2"), replace(EVENT, id="e2"), [], NOW, groups={"ecs:c/s": ""})
    assert store.group("ecs:c/s") == "INC-1"


def test_a_row_has_one_owner_until_its_lease_ends(store: Store) -> None:
    store.commit(incident(), EVENT, [INITIAL], NOW)
    claim = store.claim("INC-1", INITIAL, NOW)
    assert claim is not None
    assert claim.attempt == 1
    assert store.claim("INC-1", INITIAL, NOW + LEASE) is None
    again = store.claim("INC-1", INITIAL, NOW + LEASE + 1)
    assert again is not None
    assert again.attempt == 2
    store.sent_root(again, "C1", "1.5")
    assert store.claim("INC-1", INITIAL, NOW + 10 * LEASE) is None
    assert store.unsent("INC-1") == []


def test_the_root_messages_place_survives_the_next_event(store: Store) -> None:
    first = store.commit(incident(), EVENT, [INITIAL], NOW)
    claim = store.claim("INC-1", INITIAL, NOW)
    assert claim is not None
    store.sent_root(claim, "C1", "1.5")
    with pytest.raises(Contended):  # it read the document before the place was there
        store.commit(first, replace(EVENT, id="e2"), [], NOW)
    placed = store.incident("INC-1")
    assert placed is not None
    store.commit(placed, replace(EVENT, id="e2"), [], NOW)
    kept = store.incident("INC-1")
    assert kept is not None
    assert (kept.channel, kept.ts) == ("C1", "1.5")


def test_a_released_row_is_due_again_after_its_wait(store: Store) -> None:
    store.commit(incident(), EVENT, [INITIAL], NOW)
    claim = store.claim("INC-1", INITIAL, NOW)
    assert claim is not None
    store.release(claim, NOW, 40)
    assert store.due(NOW + 39) == []
    assert store.due(NOW + 40) == [Due("INC-1", INITIAL, NOW + 40)]
    assert store.claim("INC-1", INITIAL, NOW + 40) is not None


def test_the_due_index_holds_what_the_clock_must_look_at_oldest_first(store: Store) -> None:
    for number in range(6):  # over the shards
        store.commit(
            incident(f"INC-{number}", next_update=NOW + 900 + number), replace(EVENT, id=f"e{number}"), [], NOW
        )
    assert store.due(NOW + 899) == []
    assert [row.incident for row in store.due(NOW + 903)] == ["INC-0", "INC-1", "INC-2", "INC-3"]


def test_a_resolved_incident_leaves_the_indexes_and_expires(store: Store) -> None:
    opened = store.commit(incident(), EVENT, [], NOW)
    resolved = replace(opened, status="RESOLVED", next_update=None, resolved_at=NOW)
    store.commit(resolved, replace(EVENT, id="e2"), [], NOW)
    assert store.open_incidents() == []
    assert store.due(NOW + 10_000) == []
    key = {"pk": {"S": "INC#INC-1"}, "sk": {"S": "META"}}
    item = store._client.get_item(TableName="t", Key=key)["Item"]
    assert item["ttl"] == {"N": str(NOW + KEEP_INCIDENT)}
    assert "due_pk" not in item


def test_posts_are_delivered_in_the_order_they_must_appear(store: Store) -> None:
    posts = [Post("resolved"), Post("edit", 0, 3), Post("diagnosis"), Post("initial"), Post("reopened", 1)]
    store.commit(incident(), EVENT, posts, NOW)
    assert [post.kind for post in store.unsent("INC-1")] == ["initial", "diagnosis", "edit", "resolved", "reopened"]


def test_a_row_keeps_what_only_it_knows(store: Store) -> None:
    page = Post("sms", 0, 101, '{"to":"+41441234567"}')
    store.commit(incident(), EVENT, [page], NOW)
    assert [post.body for post in store.unsent("INC-1")] == [page.body]
    claim = store.claim("INC-1", Post.of(page.key), NOW)
    assert claim is not None
    assert claim.post.body == page.body


def test_an_attempt_that_ended_without_a_word_is_told_from_one_that_failed(store: Store) -> None:
    store.commit(incident(), EVENT, [INITIAL], NOW)
    first = store.claim("INC-1", INITIAL, NOW)
    assert first is not None
    store.release(first, NOW, 10)
    second = store.claim("INC-1", INITIAL, NOW + 10)
    assert second is not None
    assert (second.attempt, second.lost) == (2, 0)
    third = store.claim("INC-1", INITIAL, NOW + 10 + LEASE + 1)  # the second worker died
    assert third is not None
    assert (third.attempt, third.lost) == (3, 1)


def test_a_row_that_is_given_up_is_due_no_more(store: Store) -> None:
    store.commit(incident(), EVENT, [INITIAL], NOW)
    claim = store.claim("INC-1", INITIAL, NOW)
    assert claim is not None
    store.failed(claim, "MessageRejected")
    assert store.unsent("INC-1") == []
    assert store.claim("INC-1", INITIAL, NOW + 10 * LEASE) is None
    assert store.due(NOW + 10 * LEASE) == []


def test_incidents_are_found_by_the_time_they_opened(store: Store) -> None:
    december = 1_796_083_200  # 2026-12-01T00:00:00Z
    for number, at in enumerate((december - 2, december - 1, december, december + 5)):
        store.commit(incident(f"INC-{number}", opened_at=at), EVENT, [], at)
    moved = store.commit(replace(incident("INC-1"), opened_at=december - 1, ver=1), replace(EVENT, id="e2"), [], NOW)
    assert [found.id for found in store.opened(december - 1, december + 5)] == ["INC-1", "INC-2"]
    assert store.opened(december - 1, december) == [moved]
    assert [found.id for found in store.opened(0, december - 1)] == ["INC-0"]


def test_a_silence_and_a_validation_have_partitions_of_their_own(store: Store) -> None:
    quiet = Quiet(start=NOW, end=NOW + 600)
    store.commit(incident("SIL-1", kind="silence", quiet=quiet, alarms={}, next_update=None), EVENT, [], NOW)
    store.commit(incident("MON-1", kind="monitor", alarms={}, gather_at=NOW, next_update=None), EVENT, [], NOW)
    assert store.silences() == ["SIL-1"]
    assert store.open_incidents() == []
    assert [row.incident for row in store.due(NOW)] == ["MON-1"]
    assert store.opened(NOW - 60, NOW + 60) == []  # neither is an incident


def test_what_a_storm_gathers_is_open_but_not_listed(store: Store) -> None:
    gathered = incident("INC-2", parent="INC-storm", next_update=None)
    child = seen(gathered)
    store.commit(gathered, EVENT, [], NOW, gathered=[("INC-storm", child)])
    assert store.open_incidents() == []
    assert store.gathered_incidents() == ["INC-2"]
    assert store.children("INC-storm") == [child]


def test_posts_stand_in_the_order_in_which_they_were_written(store: Store) -> None:
    first = store.commit(incident(), EVENT, [INITIAL], NOW)
    store.commit(first, replace(EVENT, id="e2"), [Post("update", 0, 2)], NOW + 60)
    second = store.incident("INC-1")
    assert second
    store.commit(second, replace(EVENT, id="e3"), [Post("acknowledged")], NOW + 70)
    assert [(row.post.kind, row.at) for row in store.outbox("INC-1")] == [
        ("initial", NOW),
        ("update", NOW + 60),
        ("acknowledged", NOW + 70),
    ]


def test_a_slot_is_taken_once(store: Store) -> None:
    assert [store.take_slot("reconcile", 7, NOW) for _ in range(3)] == [True, False, False]
    assert store.take_slot("reconcile", 8, NOW)


def test_a_resource_keeps_what_it_belongs_to(store: Store) -> None:
    store.adopt("elb:app/x/1", "INC-1", "", "ecs:c/s")
    store.commit(incident("INC-2"), EVENT, [], NOW, groups={"elb:app/x/1": "INC-1"})
    assert store.kin("elb:app/x/1") == ("INC-2", "ecs:c/s")


def test_openings_are_counted_by_the_minute(store: Store) -> None:
    assert [store.count(NOW) for _ in range(3)] == [1, 2, 3]
    assert store.count(NOW + 60) == 1


def test_steps_are_counted_by_month_in_one_row(store: Store) -> None:
    december = 1_796_083_200
    store.count_steps({"ddb.assess": "", "ddb.changes": "denied"}, december - 1)
    store.count_steps({"ddb.assess": "", "ddb.changes": ""}, december - 2)
    store.count_steps({"ddb.assess": ""}, december)
    store.count_steps({}, december)
    november = store.steps(december - 9, december)
    assert november == {"ddb.assess": StepCount(ran=2), "ddb.changes": StepCount(ran=1, failed=1, why="denied")}
    assert store.steps(december - 9, december + 1)["ddb.assess"] == StepCount(ran=3)
    assert store.steps(december + 90 * 86_400, december + 91 * 86_400) == {}


def test_a_contact_is_asked_and_confirms(store: Store) -> None:
    store.ask_contact("1-abc", NOW)
    assert store.contacts() == {"1-abc": Confirmation(asked=NOW)}
    store.confirm_contact("1-abc", "U1", NOW + 60)
    store.ask_contact("1-abc", NOW + 90)
    assert store.contacts() == {"1-abc": Confirmation(asked=NOW + 90, confirmed=NOW + 60, by="U1")}


def test_what_an_event_changed_is_kept_with_it(store: Store) -> None:
    changed = replace(EVENT, changes=("opened", "severity_changed=1"))
    store.commit(incident(), changed, [], NOW)
    assert store.timeline("INC-1") == [changed]


def test_resolved_incidents_are_found_by_cause_and_by_resource_newest_first(store: Store) -> None:
    head = Headline(cause="ecs.image_missing", title="t", verdict="confirmed", summary="no such image", action="push")
    for number in range(3):
        opened = store.commit(
            incident(f"INC-{number}", opened_at=NOW + number, headline=head), replace(EVENT, id=f"e{number}"), [], NOW
        )
        if number < 2:
            over = replace(opened, status="RESOLVED", resolved_at=NOW + 600, next_update=None)
            store.commit(over, replace(EVENT, id=f"r{number}"), [], NOW)
    found = store.past(cause="ecs.image_missing")
    assert [past.incident for past in found] == ["INC-1", "INC-0"]
    assert (found[0].said, found[0].over_at) == ("no such image", NOW + 600)
    assert store.past(target=JUDGED.target) == found
    assert [past.incident for past in store.past(cause="ecs.image_missing", since=NOW + 1)] == ["INC-1"]
    assert store.past(cause="ecs.container_oom") == []


@pytest.mark.parametrize("cause", ["unknown", "none.recovered"])
def test_no_cause_is_no_cause_that_recurs(store: Store, cause: str) -> None:
    head = Headline(cause=cause, title="t", verdict="confirmed", summary="s")
    opened = store.commit(incident(headline=head), EVENT, [], NOW)
    store.commit(replace(opened, status="RESOLVED", next_update=None), replace(EVENT, id="r"), [], NOW)
    assert store.past(cause=cause) == []
    assert [past.cause for past in store.past(target=JUDGED.target)] == [""]
