"""A small language to say what a Slack payload may hold, and the walker that compares a payload with it.

`blocks.py` is the data in this language; `rules.py` adds what concerns a message as a whole.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.slack import mrkdwn

FORMATTING = "https://docs.slack.dev/messaging/formatting-message-text"
TEXT_OBJECT = "https://docs.slack.dev/reference/block-kit/composition-objects/text-object"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a payload.

    Attributes:
        path: JSON pointer to the offending value, e.g. `/blocks/0/text/text`.
        rule: Stable name of the rule, e.g. `length` or `duplicate_block_id`.
        message: One sentence for people.
        source: Where the rule is documented.
        error: Slack's own error code when Slack refuses the payload for this; None when Slack takes it and readers
            suffer (a missing fallback text, an unescaped `<`).
    """

    path: str
    rule: str
    message: str
    source: str
    error: str | None = "invalid_blocks"

    def __str__(self) -> str:
        """As Slack words it in `response_metadata.messages`."""
        return f"[{'ERROR' if self.error else 'STRICT'}] {self.message} [json-pointer:{self.path}]"


@dataclass(frozen=True, slots=True)
class Str:
    """A JSON string of `low` to `high` characters, one of `choices` if there are any."""

    high: int
    low: int = 1
    choices: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text object of one of the `kinds`, with `low` to `high` characters."""

    high: int = 3000
    kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
    low: int = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """A JSON boolean."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number, an integer if `whole`."""

    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """An array of `low` to `high` items, each fitting `of`."""

    of: "Spec"
    high: int
    low: int = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """An object whose `type` selects one of the `shapes`."""

    shapes: "Mapping[str, Shape]"


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not judged here (said in `why`)."""

    why: str


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with known fields; any other field is a problem.

    Attributes:
        source: Its page in Slack's reference.
        fields: What each field may hold.
        required: Fields that must be there.
        one_of: At least one of these must be there (empty: no such rule).
        exclusive: Of these, at most one may be there.
    """

    source: str
    fields: "Mapping[str, Spec]" = field(default_factory=dict)
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ()


type Spec = Str | Text | Flag | Number | Many | Kind | Shape | Anything


def check(value: Any, spec: Spec, path: str, source: str) -> Iterator[Problem]:
    """Yield what does not fit; silence means that it fits.

    Args:
        value: Any JSON value.
        spec: What it should be.
        path: JSON pointer of the value.
        source: The page that documents the nearest enclosing object.
    """
    match spec:
        case Anything():
            return
        case Str():
            yield from _string(value, spec, path, source)
        case Text():
            yield from _text(value, spec, path, source)
        case Flag():
            if not isinstance(value, bool):
                yield Problem(path, "type", "must be a boolean", source)
        case Number():
            yield from _number(value, spec, path, source)
        case Many():
            yield from _many(value, spec, path, source)
        case Kind():
            yield from _kind(value, spec, path, source)
        case Shape():
            yield from _shape(value, spec, path, ignore=())


def escaping(text: str, path: str) -> Iterator[Problem]:
    """Yield what in a mrkdwn text Slack would parse, or show, other than it was meant."""
    for stray in mrkdwn.strays(text):
        yield Problem(path, "escaping", stray, FORMATTING, error=None)


def _string(value: Any, spec: Str, path: str, source: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(path, "type", "must be a string", source)
    elif spec.choices and value not in spec.choices:
        yield Problem(path, "choice", f"must be one of: {', '.join(spec.choices)}", source)
    elif spec.pattern and not re.fullmatch(spec.pattern, value):
        yield Problem(path, "pattern", f"must match {spec.pattern}", source)
    else:
        yield from _length(value, spec.low, spec.high, path, source)


def _length(value: str, low: int, high: int, path: str, source: str) -> Iterator[Problem]:
    if len(value) > high:
        yield Problem(path, "length", f"must be less than {high + 1} characters", source)
    if len(value) < low:
        yield Problem(path, "length", f"must be more than {low - 1} characters", source)


def _text(value: Any, spec: Text, path: str, source: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping) or value.get("type") not in spec.kinds:
        yield Problem(path, "text_type", f"must be a text object of type {' or '.join(spec.kinds)}", source)
        return
    plain = value["type"] == "plain_text"
    extra: dict[str, Spec] = {"emoji": Flag()} if plain else {"verbatim": Flag()}
    shape = Shape(TEXT_OBJECT, {"text": Str(spec.high, spec.low)} | extra, ("text",))
    yield from _shape(value, shape, path, ignore=("type",))
    text = value.get("text")
    if isinstance(text, str) and not plain:
        yield from escaping(text, f"{path}/text")


def _number(value: Any, spec: Number, path: str, source: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int if spec.whole else (int, float)):
        yield Problem(path, "type", f"must be {'an integer' if spec.whole else 'a number'}", source)
    elif not spec.low <= value <= spec.high:
        yield Problem(path, "range", f"must be between {spec.low} and {spec.high}", source)


def _many(value: Any, spec: Many, path: str, source: str) -> Iterator[Problem]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield Problem(path, "type", "must be an array", source)
        return
    if len(value) > spec.high:
        yield Problem(path, "count", f"no more than {spec.high} items allowed", source)
    if len(value) < spec.low:
        yield Problem(path, "count", f"no fewer than {spec.low} items allowed", source)
    for index, item in enumerate(value):
        yield from check(item, spec.of, f"{path}/{index}", source)


def _kind(value: Any, spec: Kind, path: str, source: str) -> Iterator[Problem]:
    kind = value.get("type") if isinstance(value, Mapping) else None
    shape = spec.shapes.get(kind) if isinstance(kind, str) else None
    if shape is None:
        yield Problem(f"{path}/type", "unknown_type", f"unsupported type: {kind!s:.80}", source)
        return
    yield from _shape(value, shape, path, ignore=("type",))


def _shape(value: Any, shape: Shape, path: str, ignore: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(path, "type", "must be an object", shape.source)
        return
    for name in shape.required:
        if name not in value:
            yield Problem(path, "required", f"missing required field: {name}", shape.source)
    if shape.one_of and not any(name in value for name in shape.one_of):
        yield Problem(path, "required", f"one of these fields is required: {', '.join(shape.one_of)}", shape.source)
    if sum(name in value for name in shape.exclusive) > 1:
        yield Problem(path, "exclusive", f"only one of these is allowed: {', '.join(shape.exclusive)}", shape.source)
    for name, item in value.items():
        if name in shape.fields:
            yield from check(item, shape.fields[name], f"{path}/{name}", shape.source)
        elif name not in ignore:
            yield Problem(f"{path}/{name}", "unknown_field", f"no such field: {name!s:.80}", shape.source)
