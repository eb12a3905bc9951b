"""A recording of a diagnosis (`docs/recordings.md`), and AWS as it answered then: `recording.answer(session)`.

Answers are found by service, operation and parameters, in the order in which they came. Whatever else is asked is
refused, and the runner shows that as 'could not look: … not in the recording'; it never reads as 'nothing there'.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.exceptions
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.alerts.encode import decode as decode_alert
from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.errors import SettingsError
from lambdas.recorder.encode import canonical, decode, encode
from lambdas.recorder.flight import SCHEMA, code_version
from lambdas.recorder.redact import redact
from lambdas.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import boto3

    from lambdas.alerts.model import Alert

LARGEST = 200_000_000  # characters of a recording, unpacked
AFTERWARDS = frozenset({"GetMetricWidgetImage"})  # the chart comes after the diagnosis, and is not recorded
_NUMBER = re.compile(r"(\[redacted:[a-z-]+):\d+\]")


class RecordingError(Exception):
    """A file is no recording, or one that this code cannot read: says which and why."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """What botocore wants of an HTTP response whose body is parsed already."""

    status_code: int


@dataclass(slots=True)
class Recording:
    """One recording. `missed` collects what a replay asked for and was not recorded."""

    raw: dict[str, Any]
    missed: list[str] = field(default_factory=list)
    _exact: dict[tuple[str, str, str], deque[dict[str, Any]]] = field(default_factory=lambda: defaultdict(deque))
    _alike: dict[tuple[str, str, str], deque[dict[str, Any]]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        for call in self.raw["answers"]:
            asked = canonical(call["params"])
            self._exact[call["service"], call["operation"], asked].append(call)
            self._alike[call["service"], call["operation"], _NUMBER.sub(r"\1]", asked)].append(call)

    @property
    def alert(self) -> Alert:
        """The alert that was diagnosed."""
        return decode_alert(json.dumps(self.raw["alert"]))

    @property
    def settings(self) -> Settings:
        """The environment's settings, as far as a diagnosis depends on them."""
        return Settings.from_json(json.dumps(self.raw["settings"]))

    @property
    def clock(self) -> float:
        """Epoch seconds that the diagnosis was made at."""
        return float(self.raw["clock"])

    @property
    def event(self) -> dict[str, Any] | None:
        """The Lambda event that brings the alert again; None where what is kept no longer reads as the same alert."""
        kept = self.raw["event"]
        if kept is None:
            return None
        body = decode(kept["body"])
        note = {"Type": "Notification", "MessageId": kept["message_id"], "TopicArn": kept["topic"]}
        note |= {"Timestamp": kept["sent"], "Message": body if isinstance(body, str) else json.dumps(body)}
        event = {"Records": [{"messageId": kept["message_id"] or "recording", "body": json.dumps(note)}]}
        return event if parse(unwrap(event)[0]) == self.alert else None

    @property
    def by_other_code(self) -> bool:
        """Whether the code has changed since: then another diagnosis may be right."""
        return bool(self.raw["code"] != code_version())

    def answer(self, session: boto3.session.Session) -> None:
        """Answer every call of the clients that this session makes from now on."""

        def asked(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
            context["recording.params"] = params

        def dispatch(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
            return self._answer(model.service_model.service_name, model.name, context["recording.params"])

        events: Any = session.events  # the stubs know no handler that answers
        events.register_last("before-parameter-build", asked)
        events.register("before-call", dispatch)

    def _answer(self, service: str, operation: str, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        name = f"{service}:{operation}"
        call = self._find(service, operation, params)
        if call is None:
            if operation not in AFTERWARDS:
                self.missed.append(name)
            raise _refusal(name, "not in the recording", "this was not asked then")
        if "cut" in call:
            raise _refusal(name, "cut in the recording", f"the answer had {call['cut']} characters")
        if "unanswered" in call:
            raise _refusal(name, "no answer in the recording", "it had not come when the diagnosis was made")
        if failed := call.get("exception"):
            raise _exception(failed["type"], failed["text"])
        body = decode(call["error"] if "error" in call else call["answer"])
        return _Answered(call["status"]), body | {"ResponseMetadata": {"HTTPStatusCode": call["status"]}}

    def _find(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """The next recorded call; the last one again for whoever polls longer than it was done then.

        A secret that stood in the parameters is a mark in the recording, so without a match the same is done here.
        """
        encoded = encode(params)
        calls = self._exact.get((service, operation, canonical(encoded)))
        if not calls:
            alike = _NUMBER.sub(r"\1]", canonical(redact(encoded)[0]))
            calls = self._alike.get((service, operation, alike))
        if not calls:
            return None
        return calls.popleft() if len(calls) > 1 else calls[0]


def load(path: Path) -> Recording:
    """Read a recording, compressed or not.

    Raises:
        RecordingError: it cannot be read, is no recording, or has another schema.
    """
    try:
        data = path.read_bytes()
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        raw = json.loads(text)
    except (OSError, EOFError, ValueError) as error:
        raise RecordingError(f"RECORDING {path} cannot be read: {error}") from error
    if not isinstance(raw, dict) or "answers" not in raw or "schema" not in raw:
        raise RecordingError(f"RECORDING {path} is no recording of a diagnosis")
    if raw["schema"] != SCHEMA:
        raise RecordingError(f"RECORDING {path} has schema {raw['schema']}; this code reads {SCHEMA}")
    recording = Recording(raw)
    try:
        _ = recording.alert, recording.settings, recording.clock
    except (KeyError, TypeError, ValueError, SettingsError) as error:
        raise RecordingError(f"RECORDING {path} lacks what a replay needs: {error}") from error
    return recording


def timeless(diagnosis: Any) -> Any:
    """A diagnosis without its milliseconds: what two runs of the same recording have in common."""
    if isinstance(diagnosis, dict):
        return {key: timeless(value) for key, value in diagnosis.items() if key != "milliseconds"}
    return [timeless(value) for value in diagnosis] if isinstance(diagnosis, list) else diagnosis


def about(compared: dict[str, Any]) -> str:
    """For people: how a replay relates to its recording."""
    same = "the same diagnosis" if compared["same_diagnosis"] else "ANOTHER diagnosis"
    code = "" if compared["same_code"] else ", by other code than then"
    lines = [f"RECORDING  {compared['incident']} of {compared['at'][:19]}Z: {same}{code}"]
    lines += [f"           cut in the recording: {name}" for name in compared["cut"]]
    lines += [f"           not in the recording: {name}" for name in sorted(set(compared["not_in_the_recording"]))]
    return "\n".join(lines) + "\n"


def _refusal(name: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, name)


def _exception(kind: str, text: str) -> BotoCoreError:
    """An exception of botocore's with the words of the recorded one: its own constructor would want their parts."""
    found = getattr(botocore.exceptions, kind, BotoCoreError)
    known = found if isinstance(found, type) and issubclass(found, BotoCoreError) else BotoCoreError
    error: BotoCoreError = known.__new__(known)
    Exception.__init__(error, text)
    return error
