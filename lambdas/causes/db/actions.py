"""The runbook's resolution actions for databases, made specific. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lambdas.causes.base import Action
from lambdas.causes.db import scene

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.causes.db.loads import Load

FELT = (  # what a database's trouble looks like from the services and balancers before it
    "app.dependency_failing",
    "alb.slow_targets",
    "alb.target_timeouts",
    "alb.target_resets",
    "alb.targets_timeout",
)
RUNBOOK = "Scenario 2: Database Performance Degradation"


def optimise(statement: Load) -> Action:
    """Of a slow statement."""
    digest = f" (digest {statement.digest[:16]})" if statement.digest else ""
    return Action(
        text=f"Optimize slow queries identified in Performance Insights: explain `{statement.key}`{digest}, "
        "and look for a missing index or a changed plan",
        link=statement.link,
    )


def pool(evidence: Evidence, advice: str) -> Action:
    """Of connections."""
    found = scene.subject(evidence)
    return Action(
        text=f"Adjust connection pool settings in application configuration: {advice}", link=found.link if found else ""
    )


def scale(evidence: Evidence, what: str) -> Action:
    """Of a constrained instance; the command shows the class now and leaves the choice to people."""
    found = scene.subject(evidence)
    now = f" (now {found.cls})" if found and found.cls else ""
    return Action(
        text=f"Scale database instance if resource constrained: {what}{now}",
        command=modify(scene.name(evidence), "--db-instance-class <larger class> --apply-immediately"),
        link=found.link if found else "",
    )


def replica(evidence: Evidence) -> Action:
    """Of read-heavy load."""
    found = scene.subject(evidence)
    return Action(
        text="Implement read replica for read-heavy workloads, and send reports there", link=found.link if found else ""
    )


def modify(name: str, what: str) -> str:
    """A command that changes an instance; nothing is run by us."""
    return f"aws rds modify-db-instance --db-instance-identifier {quoted(name)} {what}"


def describe_events(evidence: Evidence) -> str:
    """A command that shows the subject's events of a day."""
    return (
        f"aws rds describe-events --source-type db-instance --source-identifier {quoted(scene.name(evidence))} "
        "--duration 1440"
    )


def quoted(text: str) -> str:
    """For a shell."""
    return shlex.quote(text)
