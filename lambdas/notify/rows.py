"""What an outbox row of another channel knows: whom it goes to and why. Written by `outward`, read by the senders.

Standard library only: on the path to the first post.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lambdas.incidents.model import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Something said to one person in one way: an e-mail, a text message, a call."""

    change: str  # a key of `changes.DETAIL_TYPES`: why they are told
    name: str
    to: str  # an e-mail address or a telephone number (E.164)
    level: int  # the escalation level that they are told for
    severity: int
    urgent: bool = True  # rather twice than never; what is not is said at most once

    def body(self) -> str:
        """As the row keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of(cls, post: Post) -> Page:
        """Read it back."""
        return cls(**json.loads(post.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One step on the way of a notice to the customer.

    draft: write it and show it. send: to one address. settle: once all are sent, say how it went. withdraw: it is over
    and nobody was told.
    """

    do: Literal["draft", "send", "settle", "withdraw"]
    notice: str  # the notice's id in the incident, e.g. "customer" or "customer.update.7"
    to: str = ""
    reason: str = ""  # draft: a key of `customer.REASONS`

    def body(self) -> str:
        """As the row keeps it."""
        return json.dumps({name: value for name, value in asdict(self).items() if value}, separators=(",", ":"))

    @classmethod
    def of(cls, post: Post) -> Errand:
        """Read it back."""
        return cls(**json.loads(post.body))
