"""People's names in a document: Slack ids are no names, and a document outlives a workspace. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.contacts import told

if TYPE_CHECKING:
    from lambdas.settings import Settings

ROLES = {1: "operations", 2: "senior engineer", 3: "engineering manager"}


class People:
    """Who is who, from the configuration."""

    def __init__(self, settings: Settings) -> None:
        turns = (person for rotation in settings.rotations for person in rotation.people)
        contacts = (person for people in settings.contacts.values() for person in people)
        self._settings = settings
        self._names = {person.slack: person.name for person in (*contacts, *turns) if person.slack}

    def name(self, slack: str) -> str:
        """A person's name; their Slack id where the configuration does not know them."""
        if slack == "automatic":
            return "Nobody (the configuration sends without approval)"
        return self._names.get(slack) or (f"Slack user {slack}" if slack else "Somebody")

    def owner(self, level: int, severity: int, now: int) -> str:
        """Who owns a follow-up of a level: the first who is told there; said plainly where there is nobody."""
        people = told(self._settings, level, severity, now)
        return people[0].name if people else "unassigned"
