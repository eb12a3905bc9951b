"""Who is in the embedded workspace: a few people and one user group, as the sample environment names them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ON_CALL: Final = "S0614TZR7"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace."""

    id: str
    name: str

    @property
    def handle(self) -> str:
        """What Slack calls `user_name`."""
        return self.name.lower().replace(" ", ".")


@dataclass(frozen=True, slots=True)
class People:
    """The workspace's members, the first of them in front of the page, and its user groups."""

    members: tuple[Person, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # group → user ids
    names: Mapping[str, str] = field(default_factory=dict)  # group → name

    def person(self, identity: str) -> Person | None:
        """A member by id."""
        return next((person for person in self.members if person.id == identity), None)

    def shown(self) -> dict[str, str]:
        """Names by the id of a person or a group."""
        return {person.id: person.name for person in self.members} | dict(self.names)


SAMPLE: Final = People(
    members=(
        Person("U0ANAWEBER", "Ana Weber"),
        Person("U0BENFREY1", "Ben Frey"),
        Person("U023BECGF", "Sam Rossi"),
        Person("U0STRANGER", "Kim Guest"),
    ),
    groups={ON_CALL: ("U0ANAWEBER", "U0BENFREY1")},
    names={ON_CALL: "operations-on-call"},
)
