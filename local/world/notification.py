"""The alarm of a world as SNS, SQS and Lambda would carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.world.world import World


def message(world: World, state: str) -> dict[str, Any]:
    return {}


def lambda_event(world: World, state: str) -> dict[str, Any]:
    return {}
