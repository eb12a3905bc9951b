"""What lies behind the targets: the dependency that their error lines name, tasks that die, a database. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.log_lines import said, signature
from lambdas.causes.wording import count, quote
from lambdas.checks.ecs.tasks import StoppedTask
from lambdas.checks.logs.lines import EarlierErrorLine, ErrorLine
from lambdas.checks.rds.instances import Instance

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

LEAST_LINES = 3
MEANT = (None, 0, 143)  # exit codes of containers that somebody asked to stop


def waits_for(evidence: Evidence) -> tuple[str, list[Fact]]:
    """The dependency that error lines of the incident name and lines from before do not."""
    known = {signature(line.text) for line in evidence.of(EarlierErrorLine)}
    fresh = [(line, said(line.text)) for line in evidence.of(ErrorLine) if signature(line.text) not in known]
    named = [(line, what) for line, what in fresh if what.kind == "dependency" and what.what]
    common = Counter(what.what for _, what in named).most_common(1)
    if not common or common[0][1] < LEAST_LINES:
        return "", []
    where, times_ = common[0]
    line = next(x for x, what in reversed(named) if what.what == where)
    text = f"{count(times_, 'error line')} name {where}, none before: {quote(line.text)}"
    return where, [Fact(text=text, source=line.source, at=line.at, link=line.link)]


def dying(evidence: Evidence) -> list[StoppedTask]:
    """Tasks of the window whose containers ended by themselves."""
    stopped = [t for t in evidence.of(StoppedTask) if t.at and t.at in evidence.window]
    return [t for t in stopped if any(c.exit_code not in MEANT or "memory" in c.reason.lower() for c in t.containers)]


def deeper(evidence: Evidence) -> bool:
    """Whether something behind the targets is in sight that may be why: then an error is at most its symptom."""
    return evidence.first(Instance) is not None or bool(dying(evidence)) or bool(waits_for(evidence)[0])
