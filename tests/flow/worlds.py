"""Run a labelled world through event → alert → target → playbook → diagnosis, and compare it with its label."""

from __future__ import annotations

import fcntl
import pickle
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from infra.permissions import Place
from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.aws import Aws
from lambdas.diagnosis.examine import examine
from lambdas.settings import Settings
from local.world.hook import attached
from local.world.model import load_world

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.diagnosis.model import Diagnosis
    from local.world.ledger import Entry
    from local.world.model import Expect, FaultSpec

ROOT = Path(__file__).parents[2] / "events" / "worlds"
KEPT: Path | None = None  # where workers find each other's runs; conftest says
STANDING = ("confirmed", "likely")
# An unchanged query may be asked again for its result: that is how Insights answers.
POLLED = ("GetQueryResults",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one world gave."""

    name: str
    kind: str
    expect: Expect
    diagnosis: Diagnosis
    calls: int
    repeated: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)  # cause → verdict
    entries: tuple[Entry, ...] = ()
    place: Place | None = None

    @property
    def actions(self) -> frozenset[str]:
        """The IAM actions that it took."""
        return frozenset(entry.action for entry in self.entries)

    @property
    def headlines(self) -> list[str]:
        """The causes of which one should come first."""
        wanted = self.expect.headline
        return [wanted] if isinstance(wanted, str) else wanted

    @property
    def verdicts(self) -> list[str]:
        """The verdicts that are honest for it."""
        wanted = self.expect.verdict
        return [wanted] if isinstance(wanted, str) else wanted

    @property
    def right(self) -> bool:
        """Whether the right cause leads."""
        return self.diagnosis.headline.id in self.headlines

    @property
    def false_confirmed(self) -> list[str]:
        """Confirmed causes that the label knows nothing of."""
        allowed = {*self.headlines, *self.expect.also, *self.expect.effects}
        return [id_ for id_, verdict in self.labels.items() if verdict == "confirmed" and id_ not in allowed]

    @property
    def complaints(self) -> list[str]:
        """Everything in which the diagnosis differs from the label, but the headline."""
        got = self.labels
        return [
            *(f"FALSE CONFIRMED {id_}" for id_ in self.false_confirmed),
            *(f"never {id_}: {got[id_]}" for id_ in self.expect.never if got.get(id_) in STANDING),
            *(
                f"also {id_}: {got.get(id_, 'not judged')}"
                for id_ in self.expect.also
                if got.get(id_) not in (*STANDING, "possible")
            ),
            *(
                f"ruled_out {id_}: {got.get(id_, 'not judged')}"
                for id_ in self.expect.ruled_out
                if got.get(id_) != "ruled_out"
            ),
            *(
                f"could_not_check {id_}: {got.get(id_, 'not judged')}"
                for id_ in self.expect.could_not_check
                if got.get(id_) != "could_not_check"
            ),
            *(
                [f"verdict {self.diagnosis.headline.judgement.verdict}, not {'/'.join(self.verdicts)}"]
                if self.right and self.diagnosis.headline.judgement.verdict not in self.verdicts
                else []
            ),
        ]

    @property
    def line(self) -> str:
        """One line of the table."""
        head = self.diagnosis.headline
        mark = "ok " if self.right else "BAD"
        text = (
            f"{mark} {self.name:58} {'/'.join(self.headlines):42}"
            f" {head.id} ({head.judgement.verdict}) {self.calls} calls"
        )
        return text + "".join(f"\n        {c}" for c in self.complaints)


def worlds(*folders: str) -> list[Path]:
    """The world files of some folders, or of all; those of reviews ring no alarm."""
    roots = [ROOT / folder for folder in folders] if folders else [ROOT]
    found = (path for root in roots for path in root.rglob("*.yaml"))
    return sorted(path for path in found if path.relative_to(ROOT).parts[0] != "reviews")


@cache
def shared(path: Path) -> Run:
    """A world as it is, run once for all tests of a session, whichever worker asks first."""
    if KEPT is None:
        return run(path)
    kept = KEPT / f"{path.parent.name}-{path.stem}"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(run(path)))
    found: Run = pickle.loads(kept.read_bytes())
    return found


@cache
def clients(region: str) -> Aws:
    """Clients cost half a second: one set for each region."""
    return Aws(region)


def run(path: Path, *, deadline: float = 600.0, faults: Iterable[FaultSpec] = ()) -> Run:
    """Replay one world, in process; `faults` fail beside its own."""
    world = load_world(path)
    world.head.faults.extend(faults)
    alert = parse(unwrap(world.sns_event())[0])
    settings = Settings(
        customer="acme",
        environment="production",
        account=alert.account,
        region=alert.region,
        slack_channel="#alerts",
        table="incidents",
        slack_secret="acme/slack",
    )
    with attached(world):
        now = world.clock.now().timestamp()
        diagnosis = examine(alert, settings, clients(alert.region), now, deadline).diagnosis
    calls = world.ledger.calls()
    asked = Counter(f"{c.action} {c.params}" for c in calls if c.operation not in POLLED and not c.error)
    return Run(
        name=f"{path.parent.name}/{path.stem}",
        kind=world.head.kind,
        expect=world.head.expect,
        diagnosis=diagnosis,
        calls=len(calls),
        repeated=tuple(call for call, times in asked.items() if times > 1),
        entries=tuple(calls),
        place=Place(partition=alert.partition, region=alert.region, account=alert.account),
        labels={ranked.id: ranked.judgement.verdict for ranked in diagnosis.causes},
    )
