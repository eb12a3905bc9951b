"""Who may decide: users and user groups of the configuration (`people` in the environment file). Closed where unsure.

A group's members are asked of Slack (usergroups.users.list, scope usergroups:read) and kept for five minutes.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from lambdas.errors import SlackError
from lambdas.incidents.orders import APPROVE, RESPOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.settings import Settings
    from lambdas.slack.client import Slack

FRESH = 5 * 60  # seconds that a group's members are not asked again
STALE = 60 * 60  # seconds for which old members stand in while Slack does not answer
WORDS = {RESPOND: "respond to incidents", APPROVE: "approve changes"}

log = logging.getLogger("tocsin")


class Authority:
    """The configuration's people, and the members of its user groups."""

    def __init__(self, settings: Settings, slack: Slack, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._slack, self._clock = settings, slack, clock
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    def refusal(self, user: str, right: str) -> str:
        """Empty where the user has the right (`orders.RESPOND` or `orders.APPROVE`); else why not, for people.

        Who may approve may respond, too.
        """
        named = (
            self._settings.approvers if right == APPROVE else (*self._settings.responders, *self._settings.approvers)
        )
        if not named:
            return f"nobody may {WORDS[right]} here: the environment file names no one under `people`"
        if user in named:
            return ""
        unknown = []
        for group in (name for name in named if name.startswith("S")):
            try:
                if user in self._of(group):
                    return ""
            except SlackError as error:
                log.warning("a user group could not be read", extra={"group": group, "why": str(error)})
                unknown.append(group)
        if unknown:
            return "Slack did not say who is in the user group that may; please try again in a minute"
        return f"you are not among those who may {WORDS[right]} here"

    def _of(self, group: str) -> frozenset[str]:
        now = self._clock()
        at, members = self._members.get(group, (0.0, frozenset()))
        if now - at < FRESH:
            return members
        try:
            answer = self._slack.call("usergroups.users.list", {"usergroup": group})
        except SlackError:
            if now - at < STALE:
                return members
            raise
        members = frozenset(str(user) for user in answer.get("users", ()))
        self._members[group] = (now, members)
        return members
