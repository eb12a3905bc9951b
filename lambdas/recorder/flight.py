"""One diagnosis as it happened, and the JSON document that is kept of it (`docs/recordings.md`)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from lambdas.alerts.encode import encode as encode_alert
from lambdas.recorder.encode import encode
from lambdas.recorder.redact import redact
from lambdas.settings import Channels

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.alerts.unwrap import Delivery
    from lambdas.diagnosis.examine import Examined
    from lambdas.diagnosis.model import Diagnosis
    from lambdas.recorder.tape import Heard, Tape
    from lambdas.settings import Settings

SCHEMA = 1
EVENT = 250_000  # characters of the delivery; SNS and SQS carry 256 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """All that a diagnosis was made from, and what it came to. Costs nothing until it is made a document."""

    incident: str
    reopen: int
    alert: Alert
    delivery: Delivery | None  # None where the diagnosis was made from the incident's timeline
    settings: Settings
    clock: float  # epoch seconds that the diagnosis was made at
    tape: Tape
    examined: Examined

    @property
    def key(self) -> str:
        """Its key in the bucket: `recordings/<yyyy>/<mm>/<incident id>-<reopen>.json.gz`."""
        at = datetime.fromtimestamp(self.clock, UTC)
        return f"recordings/{at:%Y}/{at:%m}/{self.incident}-{self.reopen}.json.gz"

    def document(self) -> dict[str, Any]:
        """The recording as JSON, without secrets; `recorder.pack` bounds and compresses it."""
        delivery = self.delivery
        raw = {
            "event": _event(delivery) if delivery else None,
            "alert": json.loads(encode_alert(self.alert)),
            "settings": _settings(self.settings),
            "answers": [_answer(heard) for heard in self.tape.heard],
            "diagnosis": shown(self.examined.diagnosis),
            "classification": plain(self.examined.classification),
        }
        clean, taken_out = redact(raw)
        return {
            "schema": SCHEMA,
            "incident": self.incident,
            "reopen": self.reopen,
            "clock": self.clock,
            "at": datetime.fromtimestamp(self.clock, UTC).isoformat(),
            "code": code_version(),
            "redacted": taken_out,
            "cut": [],
            **clean,
        }


def shown(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis as plain JSON: in a recording, and in what the replay command prints."""
    return {
        "playbook": diagnosis.playbook,
        "causes": [
            {"id": cause.id, "title": cause.title, "effect_of": cause.effect_of, **plain(cause.judgement)}
            for cause in diagnosis.causes
        ],
        "steps": [plain(step) for step in diagnosis.steps],
    }


def plain(value: Any) -> dict[str, Any]:
    """A dataclass as plain JSON; what has no JSON form is written as text."""
    return json.loads(json.dumps(asdict(value), default=str))  # type: ignore[no-any-return] # an object in, a dict out


@cache
def code_version() -> str:
    """A digest of the package's sources: a replay by other code may rightly come to another diagnosis."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for source in sorted(root.rglob("*.py")):
        digest.update(source.relative_to(root).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _settings(settings: Settings) -> dict[str, Any]:
    """What a diagnosis may depend on: no contacts, and no names of our own plane."""
    bare = replace(
        settings,
        contacts={},
        responders=(),
        approvers=(),
        rotations=(),
        channels=Channels(),
        documents="",
        schedule="",
        schedule_secret="",
        slack_secret="",
        queue="",
        table="",
        recordings="",
    )
    return json.loads(bare.to_json())  # type: ignore[no-any-return] # an object in, a dict out


def _event(delivery: Delivery) -> dict[str, Any]:
    body = delivery.body if isinstance(delivery.body, str) else json.dumps(delivery.body, default=str)
    kept: Any = delivery.body if len(body) <= EVENT else f"{body[:EVENT]} … (cut)"
    sent = delivery.at.isoformat() if delivery.at else ""
    return {"body": encode(kept), "sent": sent, "topic": delivery.topic, "message_id": delivery.message_id}


def _answer(heard: Heard) -> dict[str, Any]:
    """One call. It holds `answer`, `error` (AWS said no), `exception` (nobody answered) or `unanswered`."""
    call = {"service": heard.service, "operation": heard.operation, "params": encode(heard.params)}
    match heard.answer:
        case None:
            return call | {"unanswered": True}
        case dict() as parsed:
            status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
            body = {key: encode(value) for key, value in parsed.items() if key != "ResponseMetadata"}
            return call | {"error" if status >= 300 else "answer": body, "status": status}
        case error:
            kind = type(error).__name__ if isinstance(error, BotoCoreError) else "BotoCoreError"
            return call | {"exception": {"type": kind, "text": str(error)[:1000]}}
