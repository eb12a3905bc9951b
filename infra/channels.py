"""What people write about the ways of telling outside Slack: e-mail, text messages, calls, the event bus, the customer.

Each is off until the environment configures it; the stack then allows the functions exactly that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from infra.part import Part, Text
from lambdas import settings as runtime

type Levels = Mapping[Literal[1, 2, 3], tuple[Literal[1, 2, 3], ...]]

# The runbook's Communication Channels: e-mail for the primary notifications, the telephone for the emergency escalation
# of critical incidents. By severity, the escalation levels that are told in this way.
EMAIL: Levels = {1: (1, 2, 3), 2: (1, 2, 3), 3: (1, 2, 3)}
SMS: Levels = {1: (1, 2, 3)}
CALL: Levels = {1: (2, 3)}

CREATE = "create"


def _bus(value: str) -> str:
    """PutEvents takes a name or an ARN (EventBridge API Reference, PutEventsRequestEntry)."""
    name = r"[A-Za-z0-9._/-]{1,256}"
    if not re.fullmatch(rf"{name}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{{12}}:event-bus/{name}", value):
        raise ValueError(f"'{value}' is no event bus: write 'create', a bus's name such as 'default', or its ARN")
    return value


Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$", max_length=254)]
"""An e-mail address, without a name beside it."""


class Email(Part):
    """E-mail by SES."""

    sender: Address = Field(alias="from")  # it, or its domain, is an identity that this account has verified
    levels: Levels = EMAIL


class Sms(Part):
    """Text messages: by SNS, or by End User Messaging where an origination identity is named."""

    origin: Annotated[
        str,
        StringConstraints(pattern=r"^(arn:aws[a-z-]*:sms-voice:[a-z0-9-]+:\d{12}:(phone-number|pool|sender-id)/\S+)?$"),
    ] = Field(default="", alias="from")
    levels: Levels = SMS


class Call(Part):
    """A call or a pager through a webhook that this product signs for (`docs/integration.md`)."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s@/]+(/\S*)?$", max_length=500)]
    secret: Text  # name or ARN in Secrets Manager: the signing key
    levels: Levels = CALL


class Customer(Part):
    """Whom the runbook's Proactive Communication goes to, and whether somebody approves it first."""

    contacts: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20)]
    send: Literal["approved", "automatic"] = "approved"


class Channels(Part):
    """Every way of telling outside Slack."""

    email: Email | None = None
    sms: Sms | None = None
    call: Call | None = None
    event_bus: Annotated[str, AfterValidator(_bus)] = ""
    customer: Customer | None = None

    @model_validator(mode="after")
    def _customers_get_mail(self) -> Channels:
        if self.customer and not self.email:
            raise ValueError("customer: is told by e-mail, so channels.email must be configured")
        return self

    def settings(self, bus: str = "") -> runtime.Channels:
        """Render what the functions read. `bus`: the created bus's name, where the stack creates one."""
        return runtime.Channels(
            email_from=self.email.sender if self.email else "",
            sms_from=self.sms.origin if self.sms else "",
            call_url=self.call.url if self.call else "",
            call_secret=self.call.secret if self.call else "",
            bus=bus if self.event_bus == CREATE else self.event_bus,
            email=_levels(self.email),
            sms=_levels(self.sms),
            call=_levels(self.call),
            customers=self.customer.contacts if self.customer else (),
            automatic=self.customer is not None and self.customer.send == "automatic",
        )


def _levels(way: Email | Sms | Call | None) -> dict[str, tuple[int, ...]]:
    return {str(severity): tuple(levels) for severity, levels in way.levels.items() if levels} if way else {}
