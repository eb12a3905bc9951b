"""The incident's life as a pure reducer: (incident, event, now) → (incident, posts).

It grows by files: each module of `lambdas/incidents/rules` has a mapping `RULES` from an event to the rule that applies
it. Several modules may have a rule for the same event (a tick is looked at by whoever has a clock): they apply one
after another, in the order of the modules' names. No I/O, no clock, no settings (`lifecycle.md`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from lambdas.incidents import rules
from lambdas.incidents.clocks import Step, starts_anew
from lambdas.incidents.model import ACT, POST_ORDER, Event, Incident, Post
from lambdas.incidents.rules.remedies import closing

__all__ = ["reduce", "starts_anew"]

type Rule = Callable[[Incident | None, Any, int], Step]


def _joined() -> dict[type, tuple[Rule, ...]]:
    found: defaultdict[type, list[Rule]] = defaultdict(list)
    for module in sorted(info.name for info in pkgutil.iter_modules(rules.__path__)):
        for event, rule in importlib.import_module(f"{rules.__name__}.{module}").RULES.items():
            found[event].append(rule)
    return {event: tuple(those) for event, those in found.items()}


RULES = _joined()
ITS_OWN = ACT | {"remedy", "remedied", "verify"}  # rows that a gathered incident still has


def reduce(incident: Incident | None, event: Event, now: int) -> Step:
    """Apply one event. Returns the same incident and no posts where nothing follows from it."""
    before = incident
    posts: tuple[Post, ...] = ()
    for rule in RULES[type(event)]:
        incident, more = rule(incident, event, now)
        posts += more
    if incident is not None:
        posts += closing(before, incident)
    if incident and incident.parent:  # the storm that gathers it speaks for it; what was approved is done all the same
        posts = tuple(post for post in posts if post.kind in ITS_OWN)
    once = dict.fromkeys(posts)  # two rules may both want the root shown anew
    return incident, tuple(sorted(once, key=lambda post: POST_ORDER.index(post.kind)))
