"""What a remedy is: one change that an authorised person may approve, and that can be taken back.

A remedy is one file in this folder, found by walking it. Its metadata stands above the logic: which causes it answers,
which IAM actions it needs, how it is undone. `propose` is pure, from the diagnosis; `read` says what is now, `write`
sets it. Everything else is the same for all and stands in `doing.py`: the fresh look before each change, what happens
when it is tried twice, the tags, the undo.

    @remedy("scale_out", title="…", causes=("ecs.autoscaling_off",), allow=(Allow(…),), undo="…")
    class ScaleOut:
        @staticmethod
        def propose(fix: Fix, case: Case) -> Plan | None: ...
        @staticmethod
        def read(aws: Aws, remedy: Remedy) -> State: ...
        @staticmethod
        def write(aws: Aws, remedy: Remedy, values: Values) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Evidence, Fix
    from lambdas.checks.base import Allow
    from lambdas.incidents.model import Remedy
    from lambdas.settings import Remedies

type Value = str | int | float
type Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a remedy is proposed from: the evidence of the diagnosis, and what the environment allows."""

    evidence: Evidence
    rules: Remedies
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The dry run of one change, before it is made a `Remedy` of an incident."""

    name: str  # the resource, as people call it
    arn: str
    title: str  # "Raise the desired count of checkout from 2 to 4"
    shown: tuple[str, str]  # now → then, for people
    now: Values  # what `read` must find for the change to be made
    then: Values  # what `write` sets
    at: Values = field(default_factory=dict)  # how to find the resource again: cluster, service, table …
    cost_a_day: float | None = None  # USD more a day, at most; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A resource as it is at this moment."""

    values: Values  # by the same names as `Plan.now`
    tags: Mapping[str, str]
    settled: bool = True  # it runs what is wanted
    told: str = ""  # how it is, for people: "4 of 4 tasks run"
    busy: str = ""  # why AWS would refuse a change at this moment


class Changes(Protocol):
    """What each file of this folder does."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """The dry run; None where the evidence does not carry it, or nothing would change. Pure."""

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """The resource as it is now. Raises RemedyError where there is no such resource any more."""

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """Set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A remedy's declaration."""

    id: str  # public name: the file's
    title: str
    causes: tuple[str, ...]  # it is proposed for these alone, and only where they are confirmed or likely
    undo: str  # how it is taken back; empty: there is nothing to take back
    reads: tuple[Allow, ...]  # what `read` calls
    writes: tuple[Allow, ...]  # what `write` calls: `act` alone may
    by_effect: bool = False  # also where another cause explains that one: it still helps
    changes: type[Changes]


KINDS: dict[str, Kind] = {}


def remedy(
    id: str,  # noqa: A002 — the field's own name
    *,
    title: str,
    causes: tuple[str, ...],
    undo: str,
    reads: tuple[Allow, ...],
    writes: tuple[Allow, ...],
    by_effect: bool = False,
) -> Callable[[type[Changes]], type[Changes]]:
    """Register a remedy. A duplicate id fails at import."""

    def register(changes: type[Changes]) -> type[Changes]:
        if id in KINDS:
            raise ValueError(f"two remedies are called {id}")
        KINDS[id] = Kind(
            id=id,
            title=title,
            causes=causes,
            undo=undo,
            reads=reads,
            writes=writes,
            by_effect=by_effect,
            changes=changes,
        )
        return changes

    return register
