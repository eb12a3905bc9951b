"""The environment's own event bus, on which every transition of an incident is told (`docs/integration.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events

if TYPE_CHECKING:
    from constructs import Construct


def created(scope: Construct, name: str) -> events.EventBus:
    """A bus of our own: whoever integrates adds rules to it and sees nothing else."""
    return events.EventBus(scope, "Bus", event_bus_name=name, description="Every transition of an incident")
