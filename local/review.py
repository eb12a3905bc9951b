"""One review, in this process: the real parts over a world, or over a real account read-only.

    python -m local.review --kind daily [--world FILE] [--date YYYY-MM-DD] [--live] --out FOLDER

writes `<kind>-<slot>.html`, `.md` and `.json` into the folder and prints the Slack summary. Without a world the kind's
sample is taken: `events/worlds/reviews/<kind>/sample.yaml`. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from infra.problems import EnvironmentFileError
from lambdas.aws import Aws, Call
from lambdas.incidents.model import Alarm, Headline, Incident, Judged, Remedy
from lambdas.incidents.store import Store, Timeline
from lambdas.reviews import codec, html, markdown
from lambdas.reviews.base import Tour, parts_of
from lambdas.reviews.history.contacts import key_of, people
from lambdas.reviews.inventory import Inventory
from lambdas.reviews.model import KINDS, Report
from lambdas.reviews.pace import Pace
from lambdas.reviews.runner import run
from lambdas.reviews.slack import summary
from lambdas.reviews.slots import slot_of, slot_on
from lambdas.settings import Settings
from local.plane import TABLE, own_plane
from local.replay import ReplayError, environment
from local.world.errors import WorldFileError
from local.world.hook import attached
from local.world.model import load_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.reviews.model import Kind
    from local.world.model import IncidentSpec, ReviewSpec
    from local.world.world import World

ROOT = Path(__file__).parent.parent
WORLDS = ROOT / "events" / "worlds" / "reviews"
DEADLINE = 300.0  # seconds

type Progress = Callable[[str], None]


@dataclass(slots=True)
class Review:
    """What one run gave."""

    report: Report
    settings: Settings
    calls: list[Call] = field(default_factory=list)
    complete: bool = True

    def documents(self) -> dict[str, str]:
        """The three forms, by the ending of their files."""
        return {
            "html": html.page(self.report),
            "md": markdown.page(self.report),
            "json": json.dumps(codec.document(self.report), indent=1, ensure_ascii=False) + "\n",
        }


def review(
    kind: Kind,
    *,
    world: World | None = None,
    day: date | None = None,
    settings: Settings | None = None,
    deadline: float = DEADLINE,
    progress: Progress = lambda _: None,
) -> Review:
    """Run a review's parts.

    Args:
        kind: which routine.
        world: what AWS answers; None reads the account that botocore's credentials and AWS_ENDPOINT_URL lead to.
        day: the local day whose slot is reviewed; by default the latest slot that is due.
        settings: the environment; by default the repository's own, with the changes that the world makes.
        deadline: seconds.
        progress: told each part that is through.
    """
    base = settings or settings_of(world)
    now = world.clock.now() if world else datetime.now(UTC)
    slot = slot_on(kind, day, base.time_zone) if day else slot_of(kind, now, base.time_zone)
    if slot.at > now:
        raise ReplayError(
            f"DATE: the review of {slot.day} is due at {slot.at:%Y-%m-%d %H:%M} UTC, which is yet to come"
        )
    calls: list[Call] = []
    with ExitStack() as stack:
        store = None
        if world:
            own, _ = stack.enter_context(own_plane(base.region, "xoxb-review"))
            store = Store(own.dynamodb, TABLE)
            if world.head.review:
                keep(store, world.head.review, world, base, int(slot.start.timestamp()))
            stack.enter_context(attached(world))
        session = (
            boto3.session.Session("review", "review", region_name=base.region)
            if world
            else boto3.session.Session(region_name=base.region)
        )
        aws = Aws(base.region, session=session, on_call=calls.append)
        aws.listener = Pace() if not world else None
        tour = Tour(aws=aws, settings=base, slot=slot, now=now, inventory=Inventory(aws), store=store)
        began = time.monotonic()
        sections, complete = run(
            tour,
            parts_of(kind),
            deadline=deadline,
            keep=lambda section: progress(
                f"{time.monotonic() - began:6.1f} s  {section.id}: {len(section.items)} found"
                + "".join(f"; could not look: {gap}" for gap in section.gaps)
            ),
        )
    report = Report(
        kind=kind,
        environment=f"{base.customer} {base.environment}",
        account=base.account,
        region=base.region,
        slot=slot,
        made_at=now,
        sections=tuple(sections),
    )
    return Review(report=report, settings=base, calls=calls, complete=complete)


def settings_of(world: World | None) -> Settings:
    """The sample environment's settings in the world's account and region, with what the world says of them."""
    if world is None:
        return environment("")
    base = replace(environment(""), account=world.head.account, region=world.head.region, workloads=(), table=TABLE)
    spec = world.head.review
    if not spec or not spec.settings:
        return base
    return Settings.from_json(json.dumps(json.loads(base.to_json()) | spec.settings))


def keep(store: Store, spec: ReviewSpec, world: World, settings: Settings, month: int) -> None:
    """Write what a world says of our own table: incidents, counted steps, confirmations."""
    for incident in spec.incidents:
        keep_incident(store, incident, world)
    for id_, count in spec.steps.items():
        for _ in range(count.ran):
            store.count_steps({id_: ""}, month)
        for _ in range(count.failed):
            store.count_steps({id_: count.why}, month)
    known = {one.name: one for one in spec.contacts}
    for level, contact in people(settings):
        row = known.get(contact.name)
        if row and row.asked:
            store.ask_contact(key_of(level, contact), int(row.asked.timestamp()))
        if row and row.confirmed:
            store.confirm_contact(key_of(level, contact), row.by, int(row.confirmed.timestamp()))


def keep_incident(store: Store, spec: IncidentSpec, world: World) -> None:
    """Write one incident of a world into our own table, as the lifecycle would have left it: `times` of them."""
    step = int(spec.every.total_seconds()) if spec.every else 0
    for number in range(spec.times):
        _keep(store, spec, world, f"{spec.id}-{number + 1}" if spec.times > 1 else spec.id, number * step)


def _keep(store: Store, spec: IncidentSpec, world: World, id_: str, later: int) -> None:
    def seconds(at: datetime | None) -> int | None:
        return int(at.timestamp()) + later if at else None

    opened, resolved = int(spec.opened.timestamp()) + later, seconds(spec.resolved)
    remedy = Remedy(id="r", kind="r", target="", title="a change", now="", then="", state=spec.remedy or "PROPOSED")  # type: ignore[arg-type] # a world's word
    alarm = Alarm(
        name=spec.alarm,
        state="OK" if resolved else "ALARM",
        at=resolved or opened,
        arn=world.arns.expand(f"alarm/{spec.alarm}") or "",
        region=world.head.region,
    )
    incident = Incident(
        id=id_,
        status="RESOLVED" if resolved else "OPEN",
        judged=Judged(
            severity=spec.severity,
            tier="critical" if spec.severity == 1 else "warning",
            scope="single service",
            service=spec.service,
            target=spec.service,
            impact=f"{spec.alarm} went off",
        ),
        alarms={alarm.arn: alarm},
        opened_at=opened,
        detected_at=opened + 5,
        clock_from=opened,
        cleared_at=resolved,
        resolved_at=resolved,
        acknowledged_at=seconds(spec.acknowledged),
        acknowledged_by=spec.acknowledged_by,
        resolved_by=spec.resolved_by,
        root_cause=spec.root_cause,
        prevention=spec.prevention,
        level=spec.level,
        remedies={"r": remedy} if spec.remedy else {},
        headline=Headline(cause=spec.cause, title=spec.cause, verdict=spec.verdict, summary=spec.summary or spec.cause)
        if spec.cause
        else None,
    )
    kept = store.commit(incident, Timeline(at=opened * 1000, id=id_, kind="alarm"), (), opened)
    if spec.updates:
        step = int(spec.updates.total_seconds())
        for at in range(opened + step, resolved or opened, step):
            kept = store.commit(kept, Timeline(at=at * 1000, id=f"{id_}-{at}", kind="tick"), (), at)


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code: 0 written, 2 the request was wrong."""
    parser = argparse.ArgumentParser(prog="make review", description="One review, as page, Markdown and JSON.")
    parser.add_argument("--kind", required=True, help=", ".join(KINDS))
    parser.add_argument("--world", type=Path, help="what AWS would answer; by default the kind's sample")
    parser.add_argument("--date", help="a local day, YYYY-MM-DD: the last review that was due by its end")
    parser.add_argument("--live", action="store_true", help="read a real account, read-only, with your credentials")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    asked = parser.parse_args(arguments)
    if asked.kind not in KINDS:
        parser.error(f"KIND is {asked.kind!r}; allowed: {', '.join(KINDS)}")
    if asked.live and asked.world:
        parser.error("WORLD and LIVE exclude each other: either a world answers, or the account does")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        day = date.fromisoformat(asked.date) if asked.date else None
    except ValueError:
        parser.error(f"DATE is {asked.date!r}; write YYYY-MM-DD")
    try:
        world = None if asked.live else load_world(asked.world or WORLDS / asked.kind / "sample.yaml")
        done = review(asked.kind, world=world, day=day, progress=_say)
        paths = _write(done, asked.out)
    except (ReplayError, EnvironmentFileError, WorldFileError) as error:
        sys.stderr.write(f"review: {error}\n")
        return 2
    sys.stdout.write(_spoken(summary(done.report, done.settings)))
    for path in paths:
        _say(f"wrote {path}")
    return 0


def _write(done: Review, folder: Path) -> list[Path]:
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for ending, text in done.documents().items():
            path = folder / f"{done.report.kind}-{done.report.slot.id.replace(':', '')}.{ending}"
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise ReplayError(f"OUT {folder} cannot be written to: {error.strerror}") from error
    return written


def _spoken(payload: dict[str, Any]) -> str:
    """The summary's texts, line by line."""
    lines = []
    for block in payload["blocks"]:
        texts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        lines += [text["text"] for text in texts if isinstance(text, dict) and isinstance(text.get("text"), str)]
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    sys.stderr.write(f"review: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
