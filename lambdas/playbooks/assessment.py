"""The runbook's Initial Assessment (Critical Alert Response, 1): the step before every playbook's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.playbooks.base import Step

if TYPE_CHECKING:
    from lambdas.playbooks.base import Playbook

SCOPE = Step(
    id="assessment.scope",
    title="Determine scope: single service vs. multiple services affected",
    checks=("cloudwatch.others",),
)


def assessed(book: Playbook) -> Playbook:
    """The playbook with the initial assessment in front."""
    return replace(book, steps=(SCOPE, *book.steps))
