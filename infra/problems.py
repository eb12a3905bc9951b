"""Problems in what people write, as sentences: file, field, what is allowed. One line each."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import yaml
    from pydantic import ValidationError


class EnvironmentFileError(ValueError):
    """One or more environment files are wrong; the message has one readable line for each problem."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def nearest(word: str, known: Iterable[str]) -> str:
    """End a sentence with the known words that are close to a mistaken one."""
    close = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "."


def syntax(path: Path, error: yaml.YAMLError) -> str:
    """Say where the YAML is broken."""
    mark = getattr(error, "problem_mark", None)
    where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
    return f"{path}:{where} {getattr(error, 'problem', None) or str(error).splitlines()[0]}"


def kind(value: object) -> str:
    """Name what stands where a mapping should."""
    return "empty" if value is None else f"a {type(value).__name__}"


_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a known field",
    "float_parsing": "must be a number",
}
_TOPIC = "'create', {arn: <ARN of an SNS topic>} or {parameter: <name of an SSM parameter>}"
_PATTERNS = {
    "customer": "lower-case letters, digits and hyphens, at most 40",
    "environment": "lower-case letters, digits and hyphens, at most 40",
    "account": "twelve digits, in quotes",
    "slack": "a user U…, or a user group S…",
    "email": "an e-mail address",
    "operator_email": "an e-mail address",
    "channels.email.from": "an e-mail address",
    "channels.customer.contacts": "an e-mail address",
    "channels.sms.from": "the ARN of a phone-number, pool or sender-id of End User Messaging",
    "channels.call.url": "an address that begins with https:// and holds no user or password",
    "phone": "a number with its country, such as +41441234567",
    "arn": "the ARN of an SNS topic",
    "parameter": "the name of an SSM parameter, such as /acme/production/alarm-topic",
}


def problems(path: Path, error: ValidationError, known: tuple[str, ...]) -> list[str]:
    """Write each problem once, as a sentence: pydantic reports a union once for each of its members."""
    lines: list[str] = []
    topics: set[int] = set()
    for problem in error.errors(include_url=False):
        at = problem["loc"]
        if len(at) > 1 and at[0] == "alarm_topics" and isinstance(at[1], int):
            if at[1] not in topics:
                topics.add(at[1])
                lines.append(f"{path}: alarm_topics[{at[1]}]: must be {_TOPIC}{_got(problem['input'])}")
            continue
        lines.append(f"{path}: {_field(at)}{_sentence(problem, known)}")
    return lines


def _field(at: tuple[int | str, ...]) -> str:
    written = ""
    for step in at:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return f"{written}: " if written else ""


def _sentence(problem: Any, known: tuple[str, ...]) -> str:
    what, last = problem["type"], next((s for s in reversed(problem["loc"]) if isinstance(s, str)), "")
    if what == "extra_forbidden" and len(problem["loc"]) == 1:
        return f"is not a known field{nearest(last, known)} Known: {', '.join(known)}"
    if what in _WORDS:
        return _WORDS[what]
    if what == "string_pattern_mismatch":
        whole = ".".join(step for step in problem["loc"] if isinstance(step, str))
        allowed = _PATTERNS.get(whole) or _PATTERNS.get(last) or problem["ctx"]["pattern"]
        return f"must be {allowed}{_got(problem['input'])}"
    message = str(problem["msg"])
    if what == "value_error":
        return message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}{_got(problem['input'])}"


def _got(value: object) -> str:
    shown = repr(value)
    return f"; it says {shown if len(shown) <= 80 else shown[:80] + '…'}"
