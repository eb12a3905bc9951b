"""views.open: https://docs.slack.dev/reference/methods/views.open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.slack import rules
from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, method

if TYPE_CHECKING:
    from local.slack.store import Author
    from local.slack.workspace import Workspace


@method("views.open", "trigger_id", "view")
def open_(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """Open a modal for the person behind a trigger, which lives three seconds and serves once."""
    view = args["view"]
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", ("[ERROR] must be an object [json-pointer:/view]",))
    found = [problem for problem in rules.view_problems(view) if workspace.strict or problem.error]
    if found:
        raise SlackError("invalid_arguments", tuple(str(problem) for problem in found))
    del caller
    user = workspace.exchange_trigger(str(args["trigger_id"]))
    opened = workspace.open_modal(user, view)
    workspace.views.append({"user": user, "view": opened})
    return {"view": opened}
