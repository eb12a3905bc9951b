"""The catalogue as a page, generated from the code: playbooks, checks, causes, remedies, event sources.

python -m local.catalogue > docs/catalogue.md
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lambdas.alerts import parse  # noqa: F401 — registers the sources
from lambdas.alerts.base import SOURCES
from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS, load
from lambdas.diagnosis.catalogue import loaded
from lambdas.playbooks.assessment import SCOPE
from lambdas.playbooks.base import PLAYBOOKS
from lambdas.remedies.base import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.causes.base import Cause
    from lambdas.checks.base import Check
    from lambdas.playbooks.base import Playbook, Step

HEAD = """# Catalogue

Generated from the code by `make catalogue`; a test compares the two. How to add to it: [authoring.md](authoring.md)."""

VERDICTS = """\
A cause is judged `confirmed`, `likely`, `possible`, `ruled_out` or `could_not_check`. It *reads* checks, its
main source first, and it *explains* other causes: those are then listed as its effects. Of several that stand, the one
with the greatest depth leads (load balancer 0, service 1, task 2, dependency 3)."""


def page() -> str:
    """The whole page, in Markdown, ending with one newline."""
    loaded()
    load("lambdas.remedies")
    parts = [HEAD, *_playbooks(), *_causes(), *_checks(), *_remedies(), *_sources()]
    return "\n\n".join(parts) + "\n"


def _playbooks() -> Iterator[str]:
    yield f"## Playbooks ({len(PLAYBOOKS)})"
    yield f"Before each playbook's own steps comes one of the runbook's Initial Assessment.\n\n{_steps([SCOPE])}"
    for book in sorted(PLAYBOOKS.values(), key=lambda book: book.id):
        yield _playbook(book)


def _playbook(book: Playbook) -> str:
    targets = ", ".join(f"`{target.__name__}`" for target in book.targets) or "everything that has no other playbook"
    causes = ", ".join(f"`{family}.*`" if family != "unknown" else "`unknown`" for family in book.families)
    head = f"### `{book.id}`: {book.title}\n\nRunbook: {book.section}. For: {targets}. Causes: {causes}."
    return f"{head}\n\n{_steps(book.steps)}"


def _steps(steps: Iterable[Step]) -> str:
    rows = ([f"`{step.id}`", step.title, _ids(step.checks)] for step in steps)
    return _table(("step", "the runbook's words", "checks"), rows)


def _causes() -> Iterator[str]:
    yield f"## Causes ({len(CAUSES)})"
    yield VERDICTS
    for family in dict.fromkeys(_family(id_) for id_ in sorted(CAUSES)):
        rows = (_cause(CAUSES[id_]) for id_ in sorted(CAUSES) if _family(id_) == family)
        yield f"### {family}"
        yield _table(("cause", "title", "reads", "explains", "depth", "runbook"), rows)


def _cause(cause: Cause) -> list[str]:
    return [f"`{cause.id}`", cause.title, _ids(cause.reads), _ids(cause.effects), str(cause.depth), cause.runbook]


def _checks() -> Iterator[str]:
    yield f"## Checks ({len(CHECKS)})"
    yield "*Optional*: a source that many environments do not have; its absence is not shown on the root message."
    for family in dict.fromkeys(_family(id_) for id_ in sorted(CHECKS)):
        rows = (_check(CHECKS[id_]) for id_ in sorted(CHECKS) if _family(id_) == family)
        yield f"### {family}"
        yield _table(("check", "title", "finds", "after", "IAM actions"), rows)


def _check(check: Check) -> list[str]:
    finds = ", ".join(f"`{kind.__name__}`" for kind in check.yields)
    after = ", ".join(f"`{kind.__name__}`" for kind in (*check.needs, *check.uses))
    title = f"{check.title} *(optional)*" if check.optional else check.title
    return [f"`{check.id}`", title, finds, after, _ids(dict.fromkeys(allow.action for allow in check.allow))]


def _remedies() -> Iterator[str]:
    yield f"## Remedies ({len(KINDS)})"
    yield "What may be proposed where an environment allows it ([remedies.md](remedies.md)); `act` alone may write."
    rows = (
        [
            f"`{id_}`",
            KINDS[id_].title,
            _ids(KINDS[id_].causes),
            _ids(dict.fromkeys(allow.action for allow in KINDS[id_].writes)),
            KINDS[id_].undo or "there is nothing to take back",
        ]
        for id_ in sorted(KINDS)
    )
    yield _table(("remedy", "what it does", "for", "IAM actions that change", "undo"), rows)


def _sources() -> Iterator[str]:
    yield f"## Event sources ({len(SOURCES)})"
    rows = []
    for name in sorted(SOURCES):
        said = (sys.modules[name].__doc__ or "").strip().partition("\n\n")[0]
        rows.append([f"`{name.rpartition('.')[2]}`", " ".join(said.split())])
    yield _table(("source", "shape"), rows)


def _family(id_: str) -> str:
    return id_.partition(".")[0]


def _ids(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id_}`" for id_ in ids)


def _table(head: Iterable[str], rows: Iterable[list[str]]) -> str:
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
