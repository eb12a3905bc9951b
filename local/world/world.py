"""The World: a loaded file, a clock, a ledger, and the answers to AWS calls."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from local.world import notification
from local.world.answer import Call
from local.world.clock import Clock
from local.world.errors import AwsError, HungError, WorldError
from local.world.ledger import Entry, Ledger
from local.world.resources import resources_of
from local.world.service import Filler, Section, Service, services
from local.world.shapes import Reader, mismatches, model_of, violations

if TYPE_CHECKING:
    from pathlib import Path

    from local.world.arns import Arns
    from local.world.model import FaultSpec, Head

# What we store and send in, and so never the World's: moto or the emulator answers it.
OWN_PLANE = frozenset(
    {
        "cloudformation",
        "dynamodb",
        "dynamodbstreams",
        "events",
        "kms",
        "lambda",
        "s3",
        "scheduler",
        "secretsmanager",
        "ses",
        "sesv2",
        "sns",
        "sqs",
        "ssm",
        "sts",
    }
)
READ = re.compile(r"(Describe|List|Get|Lookup|Filter|BatchGet|Simulate|StartQuery|StopQuery|Test)")


@dataclass
class World:
    """What AWS answers during one incident.

    Attributes:
        head: title, alarm, expectation, faults (`local.world.model.Head`).
        body: service → section → items, completed.
        arns: expands short names.
        path: the file, for messages.
        clock: the virtual clock; tests advance it.
        ledger: every call so far.
        caller: recorded in the ledger; the harness sets it.
        errors: what the World could not answer honestly; `attached` raises the first when it is left.
        hanging: set it to wake every call that a `hang` fault holds.
    """

    head: Head
    body: dict[str, Any]
    arns: Arns
    path: Path
    clock: Clock = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)
    caller: str = ""
    errors: list[WorldError] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event, repr=False)
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.head.now)
        self._faults_used: Counter[int] = Counter()

    @staticmethod
    def read_body(raw: dict[str, Any], head: list[str], reader: Reader) -> dict[str, Any]:
        """Everything of a file but its head: checked, times resolved, ARNs and defaults filled in."""
        known = services()
        reader.keys("file", {k: v for k, v in raw.items() if k not in head}, sorted(known))
        body: dict[str, Any] = {}
        for name, service in known.items():
            given = raw.get(name)
            if given is not None:
                body[name] = _read_service(service, given, reader)
        return body

    def sns_message(self, state: str = "ALARM") -> dict[str, Any]:
        """The JSON in an SNS notification's `Message`. Raises WorldError when the file gives an `event`."""
        return notification.message(self, state)

    def sns_event(self, state: str = "ALARM") -> dict[str, Any]:
        """The Lambda event that brings the alarm (SQS around SNS), or the file's own `event`."""
        return notification.lambda_event(self, state)

    def concerns(self, service: str) -> bool:
        """Whether any call to a service may be the World's: our own plane's bodies are not even parsed."""
        plain = service in OWN_PLANE and service not in services()
        return not plain or any(fault.service == service for fault in self.head.faults)

    def owns(self, call: Call) -> bool:
        """Whether the World answers; False: our own plane does. Raises WorldError for what it does not implement."""
        service = services().get(call.service)
        if service is None:
            if call.service in OWN_PLANE:
                return False
            raise self.failed(f"{call.service}:{call.operation}: the World does not know this service")
        if service.split is not None:
            return call.operation in service.operations and service.split(call)
        if call.operation in service.operations:
            return True
        if service.writes_pass and not READ.match(call.operation):
            return False
        raise self.failed(f"{call.service}:{call.operation}: the World does not implement this operation")

    def answer(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        patience: float | None = None,
        caller: str | None = None,
    ) -> Any:
        """The answer as a dict in the output shape; an AwsError is returned, not raised; None falls through.

        Raises:
            HungError: a `hang` fault outlasted `patience` seconds.
            WorldError: the operation is not implemented, or the answer is one that AWS would never send.
        """
        call = Call(self, service, operation, params)
        began = time.perf_counter()
        fault = self._fault(call)
        if fault is not None and fault.hang:
            self._hang(fault.hang.total_seconds(), patience)
        if fault is not None and fault.error:
            result: Any = AwsError(fault.error, fault.message or f"{fault.error} (a fault of this world)", fault.status)
        elif not self.owns(call):
            return None
        else:
            result = self._result(call)
        self.ledger.add(
            Entry(
                service=service,
                operation=operation,
                params=params,
                resources=resources_of(call),
                caller=caller or self.caller,
                error=result.code if isinstance(result, AwsError) else None,
                milliseconds=(time.perf_counter() - began) * 1000,
            )
        )
        return result

    def _hang(self, seconds: float, patience: float | None) -> None:
        woken = self.hanging.wait(seconds if patience is None else min(seconds, patience))
        if woken or (patience is not None and patience < seconds):
            raise HungError

    def _result(self, call: Call) -> Any:
        try:
            result = services()[call.service].operations[call.operation](call)
        except AwsError as error:
            return error
        shape = model_of(call.service).operation_model(call.operation).output_shape
        wrong = violations(result, shape) if shape is not None else []
        if wrong:
            raise self.failed(f"{call.service}:{call.operation} would answer what AWS never sends: {'; '.join(wrong)}")
        return result

    def failed(self, text: str) -> WorldError:
        """Remember that the World could not answer; returns the error to raise."""
        error = WorldError(f"{self.path}: {text}")
        self.errors.append(error)
        return error

    def _fault(self, call: Call) -> FaultSpec | None:
        with self.lock:
            for index, fault in enumerate(self.head.faults):
                if fault.service != call.service or fault.operation not in (None, call.operation):
                    continue
                if fault.operation is None and not self._mine(call):
                    continue
                if fault.times is not None and self._faults_used[index] >= fault.times:
                    continue
                self._faults_used[index] += 1
                return fault
        return None

    def _mine(self, call: Call) -> bool:
        with suppress(WorldError):
            service = services().get(call.service)
            return service is not None and (service.split is None or service.split(call))
        return False

    def advance(self, by: timedelta) -> None:
        """Move the virtual clock on."""
        self.clock.advance(by)


def _read_service(service: Service, given: Any, reader: Reader) -> dict[str, Any]:
    if service.body_is_list:
        given = {"": given}
    if not isinstance(given, dict):
        reader.problem(service.name, "must be a mapping of sections")
        return {}
    reader.keys(service.name, given, list(service.sections))
    return {
        key: _read_section(service.name, key, section, given[key], reader)
        for key, section in service.sections.items()
        if given.get(key) is not None
    }


def _read_section(service: str, key: str, section: Section, given: Any, reader: Reader) -> Any:
    path = f"{service}.{key}" if key else service
    if section.mapping:
        if not isinstance(given, dict):
            reader.problem(path, "must be a mapping")
            return {}
        return {str(name): _read_item(service, section, item, f"{path}.{name}", reader) for name, item in given.items()}
    if not isinstance(given, list):
        reader.problem(path, "must be a list")
        return []
    return [_read_item(service, section, item, f"{path}[{i}]", reader) for i, item in enumerate(given)]


def _read_item(service: str, section: Section, given: Any, path: str, reader: Reader) -> Any:
    if section.part is not None:
        return reader.part(given, section.part, path)
    if section.kind is not None:
        return reader.own(given, section.kind, path)
    before = len(reader.problems)
    shape = model_of(service).shape_for(section.shape) if section.shape else None
    item = reader.structure(given, shape, path, section.extra)
    for key in section.required:
        if key not in item and len(reader.problems) == before:
            reader.problem(path, f"`{key}` is missing")
    if len(reader.problems) > before:
        return item
    if section.fill is not None:
        section.fill(item, Filler(lambda text: reader.arns.expand(text) or text, reader.now, reader.arns))
    if shape is not None:
        for text in mismatches({k: v for k, v in item.items() if k not in section.own}, shape):
            reader.problem(path, text)
    return item
