"""usergroups.users.list: https://docs.slack.dev/reference/methods/usergroups.users.list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.slack.errors import SlackError
from local.slack.methods.registry import Answer, Arguments, method

if TYPE_CHECKING:
    from local.slack.store import Author
    from local.slack.workspace import Workspace


@method("usergroups.users.list", "usergroup")
def users(workspace: Workspace, caller: Author, args: Arguments) -> Answer:
    """The ids of a user group's members."""
    del caller
    found = workspace.people.groups.get(str(args["usergroup"]))
    if found is None:
        raise SlackError("no_such_subteam")
    return {"users": list(found)}
