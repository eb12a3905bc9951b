"""What a storm or a silence has gathered, counted for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from lambdas.incidents.clocks import LIVE, ringing
from lambdas.incidents.model import Child, Incident, Tally

TOP = 12  # incidents that a digest names
PLACES = 10  # environments that it names
RELEASED = "RELEASED"  # it speaks for itself again


def seen(incident: Incident, *, released: bool = False) -> Child:
    """One incident as what gathers it sees it."""
    return Child(
        id=incident.id,
        severity=incident.judged.severity,
        service=incident.judged.service[:100],
        impact=incident.judged.impact[:200],
        status=RELEASED if released else incident.status,
        ringing=incident.status not in {"RESOLVED", "NOTED"} and ringing(incident),
        place=place(incident.judged.target),
        at=incident.opened_at,
    )


def place(target: str) -> str:
    """The environment that a resource is of: an ECS cluster is one by itself, else what its name begins with.

    Names are the runbook's, `{customer}-{environment}-…`; a name without them is a place of its own.
    """
    kind, _, name = target.partition(":")
    if kind == "ecs":
        return name.partition("/")[0]
    if kind == "elb":
        name = name.split("/")[1] if "/" in name else name
    words = name.split("-")
    return "-".join(words[:2]) if len(words) > 2 else name


def tally(children: Iterable[Child]) -> Tally:
    """Count them; the most severe first, and of those what rings before what does not, the oldest first."""
    found = sorted(children, key=lambda child: (child.severity, not child.ringing, child.at, child.id))
    rung = [child for child in found if child.ringing]
    places = Counter(child.place for child in found)
    return Tally(
        total=len(found),
        ringing=len(rung),
        live=sum(child.status in LIVE for child in found),
        worst=min((child.severity for child in rung or found), default=3),
        severities={str(level): n for level, n in sorted(Counter(child.severity for child in found).items())},
        services=len({child.service for child in found}),
        places=dict(sorted(places.items(), key=lambda item: (-item[1], item[0]))[:PLACES]),
        top=tuple(found[:TOP]),
    )
