"""What containers that ended by themselves say in their last lines. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lambdas.causes import log_lines
from lambdas.causes.ecs.failures import EXIT, Failure, failures
from lambdas.checks.logs.lines import EarlierErrorLine, ErrorLine, LastWord, LogLine

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.causes.log_lines import Said

# Tasks that failed in these ways may have said why.
TALKING = (EXIT, "ecs.container_health_check_failed", "ecs.elb_health_check_failed", "ecs.container_oom")


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """One failed task, and what its log says of it. `line` is empty where it says nothing."""

    failure: Failure
    said: Said
    line: str
    at: datetime  # of the line, else of the failure
    source: str
    link: str

    @property
    def label(self) -> str:
        """The task as people name it."""
        code = f" (exit {self.failure.exit_code})" if self.failure.exit_code is not None else ""
        return f"task {self.failure.task[:8]}{code}" if self.failure.task else f"service {self.failure.service}"


def usual(evidence: Evidence) -> frozenset[str]:
    """Signatures of errors that were there well before the incident."""
    return frozenset(log_lines.signature(line.text) for line in evidence.of(EarlierErrorLine))


def died_of(evidence: Evidence) -> list[Death]:
    """Every failed task that may have said something, oldest first."""
    return list(_deaths(evidence))


def _deaths(evidence: Evidence) -> Iterator[Death]:
    words = defaultdict[str, list[LogLine]](list)
    for word in evidence.of(LastWord):
        words[word.task].append(word)
    for line in evidence.of(ErrorLine):
        task = line.stream.rpartition("/")[2]
        if task not in words or not any(isinstance(w, LastWord) for w in words[task]):
            words[task].append(line)
    known = usual(evidence)
    for failure in failures(evidence):
        if failure.kind not in TALKING or not failure.task:
            continue
        lines = words.get(failure.task, [])
        said, text = log_lines.verdict((line.text for line in lines), known=known)
        spoke = next((line for line in reversed(lines) if line.text == text), None)
        yield Death(
            failure=failure,
            said=said,
            line=text,
            at=(spoke.at if spoke else None) or failure.at,
            source=spoke.source if spoke else failure.source,
            link=(spoke.link if spoke else "") or failure.link,
        )


def news(evidence: Evidence) -> list[ErrorLine]:
    """Error lines near the alarm of a kind that was not there before."""
    known = usual(evidence)
    return [
        line
        for line in evidence.of(ErrorLine)
        if log_lines.is_error(line.text) and log_lines.signature(line.text) not in known
    ]
