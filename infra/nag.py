"""cdk-nag's findings that we accept, each on the construct that it is about and with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings of the AwsSolutions pack on a construct and what is below it: rule id → why."""
    validations = Validations.of(construct)
    for rule, reason in reasons.items():
        validations.acknowledge(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason))
