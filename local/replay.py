"""Replay one event through the real handlers, in this process, in seconds.

    python -m local.replay --event FILE [--world FILE] [--live] [--record FILE] [--json]
    python -m local.replay --recording FILE [--json]

The workload is answered by a world, by a real account read-only (`--live`), or by nobody: then every check says that it
could not look. A recording brings its own event, clock, settings and answers. Our own plane and Slack are embedded in
any case. With `--json` stdout carries exactly one JSON object.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3

from infra.environment import load_environments
from infra.problems import EnvironmentFileError
from lambdas import house
from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.aws import Aws, Call
from lambdas.errands import source
from lambdas.handlers.pulse import pulse
from lambdas.handlers.respond import Outcome, respond
from lambdas.incidents.cadence import HOLD
from lambdas.recorder.flight import Flight, shown
from lambdas.recorder.pack import pack
from lambdas.slack.client import Slack
from local.plane import SECRET, TABLE, own_plane
from local.recording import Recording, RecordingError, about, load, timeless
from local.slack.server import EmbeddedSlack
from local.world.errors import WorldFileError
from local.world.hook import NoWorld, attached
from local.world.model import load_world
from local.world.world import READ

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.settings import Settings
    from local.world.world import World

ROOT = Path(__file__).parent.parent
EARLIER = timedelta(minutes=10)
LARGEST = 5_000_000  # bytes of an event file; Lambda itself takes 6 MB


class ReplayError(Exception):
    """What was wrong with the request, in one sentence for the person who typed it."""


@dataclass(slots=True)
class Replay:
    """Everything that one replay showed."""

    alert: Alert
    outcome: Outcome
    incident: Any
    slack: list[dict[str, Any]]
    preceded_by: str = ""
    observed: list[Call] = field(default_factory=list)
    own: list[Call] = field(default_factory=list)
    recording: Recording | None = None

    @property
    def flight(self) -> Flight | None:
        """What a recorder would keep of it."""
        return next(iter(self.outcome.flights), None)


def run(
    event: Any,
    *,
    settings: Settings | None = None,
    world: World | None = None,
    live: bool = False,
    recording: Recording | None = None,
) -> Replay:
    """Replay one Lambda event or bare payload.

    Args:
        event: what would invoke the function; decoded JSON, or text where it is none.
        settings: the environment; by default the repository's own that fits the alert's account, else its first.
        world: what AWS answers.
        live: read the account that botocore's credentials and AWS_ENDPOINT_URL lead to.
        recording: what AWS answered then; its event, clock and settings stand for `event` and `settings`.
    """
    first = recording.alert if recording else parse(unwrap(event)[0])
    observed: list[Call] = []
    own_calls: list[Call] = []
    base = recording.settings if recording else settings or environment(first.account)
    settings = replace(
        base,
        region=first.region or base.region,
        account=first.account or base.account,
        table=TABLE,
        slack_secret=SECRET,
        recordings="kept by the caller",
    )
    reader = _session(settings.region, live=live)
    skew = [world.clock.now().timestamp() - time.time() if world else 0.0]
    with ExitStack() as stack:
        slack = stack.enter_context(EmbeddedSlack(channels=(settings.slack_channel,)))
        sender = base.channels.email_from
        own, queue = stack.enter_context(own_plane(base.region, slack.workspace.token, own_calls.append, sender=sender))
        if recording:
            recording.answer(reader)
        elif world:
            stack.enter_context(attached(world))
        elif not live:
            stack.enter_context(attached(NoWorld(own=frozenset({TABLE, SECRET}))))
        client = Slack(lambda: house.token(own, SECRET), slack.url)
        stack.callback(client.close)
        rooms = house.build(
            replace(settings, queue=queue),
            aws=own,
            observe=lambda: Aws(settings.region, session=reader, on_call=observed.append),
            slack=client,
            clock=lambda: (recording.clock if recording else time.time()) + skew[0],
        )
        earlier = _earlier(first)
        if earlier:
            rooms.poster.deliver(*_taken(rooms, earlier))
        outcome = _from_timeline(rooms, first) if recording and not recording.event else respond(event, rooms)
        if first.state == "OK" and earlier:
            skew[0] += HOLD + 1  # the hold passes; recovery is then verified as it would be
            pulse(rooms)
        taken = outcome.taken[0] if outcome.taken else None
        found = (taken.incident if taken else None) or (_open(rooms) if earlier else None)
        return Replay(
            alert=first,
            outcome=outcome,
            incident=rooms.store.incident(found.id) if found else None,
            slack=[call.as_json() for call in slack.calls],
            preceded_by=f"{earlier.name} in ALARM at {earlier.at:%H:%M:%S}, made up by the replay" if earlier else "",
            observed=observed,
            own=own_calls,
            recording=recording,
        )


def _from_timeline(rooms: house.House, alert: Alert) -> Outcome:
    """Take an alert whose delivery was not kept, and have it diagnosed as `pulse` asks for one left undone."""
    taken = rooms.desk.take(alert)
    if taken.incident is None:
        return Outcome(taken=[taken])
    rooms.poster.deliver(taken.incident.id, taken.posts)
    work = json.dumps({"tocsin.work": {"incident": taken.incident.id, "kind": "diagnosis"}})
    arn = f"arn:aws:sqs:{source(rooms.settings)}"
    record = {"messageId": "replay", "eventSource": "aws:sqs", "eventSourceARN": arn, "body": work}
    outcome = respond({"Records": [record]}, rooms)
    outcome.taken.append(taken)
    return outcome


def environment(account: str) -> Settings:
    """The settings of the environment that an account belongs to, else of the first one."""
    environments = load_environments(ROOT / "environments")
    fitting = [found for found in environments if found.account == account] or environments
    if not fitting:
        raise ReplayError(
            "environments/ holds no environment file: a replay needs one to know the channel and thresholds"
        )
    chosen = fitting[0].settings(table=TABLE, slack_secret=SECRET)
    # another account's incident is judged by the runbook's own numbers, and nobody hints at its workloads
    return chosen if fitting[0].account == account else replace(chosen, workloads=(), thresholds={})


def as_json(replay: Replay) -> dict[str, Any]:
    """The replay's one JSON object (`design.md`, contracts)."""
    outcome = replay.outcome
    taken = outcome.taken[0] if outcome.taken else None
    examined = next(iter(outcome.examined.values()), None)
    judged = examined.classification if examined else taken.classification if taken else None
    diagnosis = examined.diagnosis if examined else None
    return {
        "alert": _plain(replay.alert)
        | {"resource": str(judged.target) if judged else "", "identity": replay.alert.identity},
        "classification": _plain(judged) | {"target": str(judged.target)} if judged else None,
        "outcome": taken.outcome if taken else "failed",
        "preceded_by": replay.preceded_by,
        "incident": _plain(replay.incident) if replay.incident else None,
        "diagnosis": shown(diagnosis) if diagnosis else {"playbook": "", "causes": [], "steps": []},
        "slack": replay.slack,
        "aws": [asdict(call) for call in replay.observed],
        "own": [asdict(call) for call in replay.own],
        "timings": {
            "first_post_ms": round(outcome.posted * 1000, 1),
            "diagnosis_ms": round((outcome.done - outcome.posted) * 1000, 1),
            "total_ms": round(outcome.done * 1000, 1),
        },
        **({"recording": _compared(replay)} if replay.recording else {}),
    }


def _compared(replay: Replay) -> dict[str, Any]:
    """How the replay of a recording relates to it."""
    assert replay.recording
    raw = replay.recording.raw
    examined = next(iter(replay.outcome.examined.values()), None)
    now = shown(examined.diagnosis) if examined else None
    return {
        "incident": raw["incident"],
        "reopen": raw["reopen"],
        "at": raw["at"],
        "same_diagnosis": timeless(now) == timeless(raw["diagnosis"]),
        "same_code": not replay.recording.by_other_code,
        "redacted": raw["redacted"],
        "cut": raw["cut"],
        "not_in_the_recording": replay.recording.missed,
    }


def read_event(path: Path) -> Any:
    """The event file's JSON; text that is no JSON is replayed as it is, as a message would come."""
    try:
        if path.stat().st_size > LARGEST:
            raise ReplayError(f"EVENT {path} is larger than {LARGEST // 1_000_000} MB; Lambda would not take it either")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ReplayError(f"EVENT {path} cannot be read: {error.strerror}") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code: 0 replayed, 2 the request was wrong."""
    parser = argparse.ArgumentParser(prog="make replay", description="Replay one event through the real handlers.")
    parser.add_argument("--event", type=Path, help="any event file")
    parser.add_argument("--world", type=Path, help="what AWS would answer: events/worlds/…yaml")
    parser.add_argument("--live", action="store_true", help="read a real account, read-only, with your credentials")
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep what the diagnosis saw: ….json.gz")
    parser.add_argument("--recording", type=Path, metavar="FILE", help="replay what was kept, offline")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked = parser.parse_args(arguments)
    if asked.live and asked.world:
        parser.error("WORLD and LIVE exclude each other: either a world answers, or the account does")
    if asked.recording and (asked.event or asked.world or asked.live):
        parser.error("RECORDING brings its own event and answers: EVENT, WORLD and LIVE have no place beside it")
    if not asked.event and not asked.recording:
        parser.error("EVENT=<file> or RECORDING=<file> is needed")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    logging.getLogger("tocsin").setLevel(logging.WARNING)
    try:
        world = load_world(asked.world) if asked.world else None
        recording = load(asked.recording) if asked.recording else None
        event = recording.event if recording else read_event(asked.event)
        replay = run(event, world=world, live=asked.live, recording=recording)
        if asked.record:
            _keep(replay, asked.record)
    except (ReplayError, EnvironmentFileError, WorldFileError, RecordingError) as error:
        sys.stderr.write(f"replay: {error}\n")
        return 2
    result = as_json(replay)
    if asked.json:
        sys.stdout.write(json.dumps(result, default=str) + "\n")
    else:
        from local.show import show  # noqa: PLC0415 — only people need it

        sys.stdout.write(show(result))
        if recording:
            sys.stdout.write(about(result["recording"]))
    return 0


def _keep(replay: Replay, path: Path) -> None:
    """Write the recording of a replay."""
    if replay.flight is None:
        raise ReplayError("nothing to record: this event led to no diagnosis")
    try:
        path.write_bytes(pack(replay.flight.document()))
    except OSError as error:
        raise ReplayError(f"{path} cannot be written: {error.strerror}") from error


def _session(region: str, *, live: bool) -> boto3.session.Session:
    """The engineer's own credentials for LIVE; made-up ones where only a world, or a loopback server, answers."""
    if not live:
        return boto3.session.Session("replay", "replay", region_name=region)
    session = boto3.session.Session(region_name=region)
    session.events.register_first("before-parameter-build", _only_read)
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
    if session.get_credentials() is not None:
        return session
    if endpoint in {"127.0.0.1", "localhost", "::1"}:
        session = boto3.session.Session("replay", "replay", region_name=region)
        session.events.register_first("before-parameter-build", _only_read)
        return session
    raise ReplayError("LIVE=1 needs AWS credentials: log in, or set AWS_PROFILE")


def _only_read(model: Any, **_: Any) -> None:
    """Before any call to a real account is even built: a replay changes nothing there, whatever code asks for it."""
    if not READ.match(model.name):
        raise ReplayError(f"a LIVE replay only reads, and {model.service_model.service_name}:{model.name} does not")


def _earlier(alert: Alert) -> Alert | None:
    """For an alert that opens nothing by itself: the ALARM before it, so that one sees what it does to an incident."""
    if alert.kind == "unknown" or (alert.state == "ALARM" and not alert.routine and not alert.suppressed_by):
        return None
    return replace(
        alert, state="ALARM", routine=False, suppressed_by="", at=alert.at - EARLIER, reason="(made up by the replay)"
    )


def _taken(rooms: house.House, alert: Alert) -> tuple[str, Any]:
    taken = rooms.desk.take(alert)
    return (taken.incident.id, taken.posts) if taken.incident else ("", ())


def _open(rooms: house.House) -> Any:
    return next((rooms.store.incident(id_) for id_ in rooms.store.open_incidents()), None)


def _plain(value: Any) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(value), default=str))  # type: ignore[no-any-return] # an object in, a dict out


if __name__ == "__main__":
    sys.exit(main())
