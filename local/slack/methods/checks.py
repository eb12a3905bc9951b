"""auth.test and blocks.validate: what a client asks before it says anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.slack import rules
from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, method
from local.slack.store import TEAM

if TYPE_CHECKING:
    from local.slack.schema import Problem
    from local.slack.store import Author
    from local.slack.workspace import Workspace


@method("auth.test")
def auth_test(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Who the token is."""
    del args
    return {
        "url": workspace.page_url,
        "team": "Embedded",
        "team_id": TEAM,
        "user": caller.name,
        "user_id": caller.user,
        "bot_id": caller.bot_id,
    }


@method("blocks.validate", needs_token=False)
def validate(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Judge exactly one of `blocks`, `message` and `view` by the rules, without posting it.

    Source: https://docs.slack.dev/reference/methods/blocks.validate
    """
    del caller
    given = [name for name in ("blocks", "message", "view") if args.get(name) is not None]
    if len(given) != 1:
        raise SlackError("invalid_arguments", ("[ERROR] exactly one of blocks, message and view",))
    kind, value = given[0], args[given[0]]
    if kind != "blocks" and not isinstance(value, dict):
        raise SlackError("invalid_arguments", (f"[ERROR] must be an object [json-pointer:/{kind}]",))
    if kind == "view":
        found = rules.view_problems(value)
    else:
        found = rules.problems({"blocks": value, "text": "-"} if kind == "blocks" else value)
    found = [problem for problem in found if workspace.strict or problem.error]
    if found:
        raise SlackError(f"invalid_{kind}", errors=[_entry(problem, kind) for problem in found])
    return {}


def _entry(problem: Problem, kind: str) -> dict[str, str]:
    pointer = problem.path.removeprefix("/blocks") if kind == "blocks" else problem.path
    return {"pointer": pointer, "code": problem.rule, "message": problem.message}
