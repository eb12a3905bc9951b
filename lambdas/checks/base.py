"""What a check is: it looks at one thing in AWS and yields what it found.

A check is a generator in a file of its own under `checks/<aws service>/`, found by walking the folder. It declares what
it needs and what it may do, it yields findings, and it catches nothing: the runner turns an AWS error or a missed
deadline into 'could not check: why'. 'Could not look' never reads as 'healthy'.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class StoppedTask(Finding):
        task: str
        reason: str

    @check(
        "ecs.stopped_tasks",
        title="Stopped tasks and why they stopped",
        yields=(StoppedTask,),
        needs=(ServiceState,),
        allow=(Allow("ecs:ListTasks"), Allow("ecs:DescribeTasks", "arn:{partition}:ecs:{region}:{account}:task/*")),
    )
    def stopped_tasks(look: Look) -> Iterator[Finding]:
        for service in look.found.of(ServiceState):
            ...
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.settings import Settings
    from lambdas.targets import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something seen. Subclasses add typed fields; `at` is when it happened, by AWS's clock."""

    at: datetime | None = None
    source: str = ""  # the API or log group it came from, e.g. "ecs:DescribeTasks"
    link: str = ""  # console deep link


@dataclass(frozen=True, slots=True)
class Allow:
    """One IAM action. `on` may hold {partition} {region} {account}; "*" only where AWS scopes no further."""

    action: str
    on: str = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that an incident is looked at in (UTC): `start` ≤ `at` (state change) ≤ `end` ≤ `now`.

    Baselines are read over the same hours of the previous days and week.
    """

    start: datetime
    at: datetime
    end: datetime
    now: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a check could not look: an AWS error code, 'deadline', or what it needed and did not get."""

    check: str
    why: str


class Found:
    """What the checks have found so far, by type. Reads are safe while other checks add.

    The order is that of the checks in their playbook, never that in which AWS happened to answer: the same answers make
    the same diagnosis, word for word.
    """

    def __init__(self) -> None:
        self._findings: dict[int, list[Finding]] = {}
        self.gaps: list[Gap] = []
        self.looked: set[str] = set()  # ids of checks that ran to their end

    def add(self, finding: Finding, place: int = 0) -> None:
        """Keep a finding of the check that has this place in the playbook."""
        self._findings.setdefault(place, []).append(finding)

    def of[T: Finding](self, kind: type[T]) -> list[T]:
        """All findings of a type, in the playbook's order."""
        return [f for f in self.all() if isinstance(f, kind)]

    def first[T: Finding](self, kind: type[T]) -> T | None:
        """The first finding of a type."""
        return next(iter(self.of(kind)), None)

    def all(self) -> list[Finding]:
        """Everything, in the playbook's order."""
        return [f for place in sorted(list(self._findings)) for f in self._findings[place]]  # noqa: C414 — a snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a check may use: AWS, the alert, and what the checks it needs have found."""

    aws: Aws
    alert: Alert
    target: Target
    window: Window
    settings: Settings
    found: Found = field(default_factory=Found)


type Body = Callable[[Look], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check's declaration: the metadata that stands above the logic."""

    id: str  # public name, "<aws service>.<what>"
    title: str  # for people, in reports
    run: Body
    yields: tuple[type[Finding], ...]
    needs: tuple[
        type[Finding], ...
    ] = ()  # runs after the checks that yield these; skipped with a gap if they could not look
    uses: tuple[type[Finding], ...] = ()  # runs after them, and also when they could not look
    allow: tuple[Allow, ...] = ()
    calls: int = 2  # AWS calls that it makes at most, pages included; one more is refused
    optional: bool = False  # a source many environments do not have: its gap is not shown on the root message


CHECKS: dict[str, Check] = {}


def check(
    id: str,  # noqa: A002 — the field's own name
    *,
    title: str,
    yields: tuple[type[Finding], ...],
    needs: tuple[type[Finding], ...] = (),
    uses: tuple[type[Finding], ...] = (),
    allow: tuple[Allow, ...] = (),
    calls: int = 2,
    optional: bool = False,
) -> Callable[[Body], Body]:
    """Register a check. A duplicate id fails at import."""

    def register(run: Body) -> Body:
        if id in CHECKS:
            raise ValueError(f"two checks are called {id}")
        CHECKS[id] = Check(
            id=id,
            title=title,
            run=run,
            yields=yields,
            needs=needs,
            uses=uses,
            allow=allow,
            calls=calls,
            optional=optional,
        )
        return run

    return register


def load(package: str) -> None:
    """Import every module below a package, so that what it registers is there."""
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, f"{package}."):
        importlib.import_module(found.name)
