"""What one AWS service of the World is made of. Each file under `services/` builds one and is found by its folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from local.world.errors import WorldError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from local.world.answer import Call
    from local.world.arns import Arns

type Item = dict[str, Any]
type Operation = Callable[[Call], Mapping[str, Any]]
type Fill = Callable[[Item, Filler], None]


@dataclass(frozen=True)
class Filler:
    """What a section may use to complete an item: the file's ARNs and its `now`."""

    arn: Callable[[str], str]
    now: datetime
    arns: Arns


@dataclass(frozen=True)
class Section:
    """One key of a service's body: a list of items in an AWS shape, plus keys of ours.

    Attributes:
        shape: botocore's shape name, or None when `extra` says everything.
        extra: keys of ours → their kind: `string`, `integer`, `timestamp`, `any`, a `Part` class, (service, shape), or
            a list of one of these.
        fill: completes an item after validation (ARNs, defaults).
        required: keys that an item cannot do without.
        part: the items are of this model of ours instead.
        kind: `any`: the items are free (database parameters by group).
        mapping: the section is a mapping from names to items, not a list.
    """

    shape: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    fill: Fill | None = None
    required: tuple[str, ...] = ()
    mapping: bool = False
    part: type[BaseModel] | None = None
    kind: str | None = None

    @property
    def own(self) -> frozenset[str]:
        """Keys that are ours and never in AWS's answers."""
        return frozenset(self.extra)


@dataclass
class Service:
    """One AWS service as the World serves it.

    Attributes:
        name: boto3's client name.
        sections: the keys of its body in a world file.
        operations: operation name → function from a `Call` to the answer in the output shape.
        writes_pass: operations that are not reads go to our own plane instead of failing (logs, iam, …).
        split: for a service that both planes share: says whether a call is the World's. None: all calls are.
        body_is_list: the body is one list, described by the section named "" (Performance Insights).
    """

    name: str
    sections: dict[str, Section] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    writes_pass: bool = False
    split: Callable[[Call], bool] | None = None
    body_is_list: bool = False

    def answers(self, operation: str) -> Callable[[Operation], Operation]:
        """Register the function that answers an operation."""

        def register(function: Operation) -> Operation:
            if operation in self.operations:
                raise WorldError(f"{self.name}:{operation} is answered twice")
            self.operations[operation] = function
            return function

        return register


@cache
def services() -> dict[str, Service]:
    """Every service of the World by boto3's client name, found by walking the folder."""
    package = importlib.import_module("local.world.services")
    found: dict[str, Service] = {}
    for module in pkgutil.iter_modules(package.__path__):
        service = importlib.import_module(f"{package.__name__}.{module.name}").service
        if service.name in found:
            raise WorldError(f"two files under services/ define {service.name}")
        found[service.name] = service
    return found
