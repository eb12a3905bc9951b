"""Values of a world file against botocore's output shapes: unknown fields, types, enums, times, short names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.validate import ParamValidator
from pydantic import BaseModel, ValidationError

from local.world.arns import PREFIXES, Arns
from local.world.times import moment

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

_LIMITS = {"invalid range", "invalid length"}
_PLAIN = {"integer", "long", "float", "double", "boolean", "timestamp", "blob"}  # no enums in these
_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


@cache
def model_of(service: str) -> ServiceModel:
    """The model, as botocore has it, of a service, by boto3's client name."""
    return botocore.session.get_session().get_service_model(service)


@dataclass
class Reader:
    """Reads one file's values; collects problems instead of stopping at the first.

    Attributes:
        now: what relative times count from.
        shift: what absolute times move by.
        arns: expands short names.
        problems: `path: what is wrong` sentences found so far.
    """

    now: datetime
    shift: timedelta
    arns: Arns
    problems: list[str] = field(default_factory=list)

    def problem(self, path: str, text: str) -> None:
        """Note one problem."""
        self.problems.append(f"{path}: {text}")

    def keys(self, path: str, given: Mapping[Any, Any], allowed: list[str]) -> None:
        """Note every key that is not allowed, with the nearest that is."""
        for key in given:
            if key in allowed:
                continue
            near = get_close_matches(str(key), allowed, 3) or [a for a in allowed if a.lower() == str(key).lower()]
            hint = f"did you mean {' or '.join(near)}?" if near else f"allowed: {', '.join(sorted(allowed))}"
            self.problem(f"{path}.{key}", f"unknown field; {hint}")

    def structure(self, value: Any, shape: Shape | None, path: str, extra: Mapping[str, Any] | None = None) -> Any:
        """A mapping in an AWS structure shape, plus keys of ours (`extra`: key → kind)."""
        extra = extra or {}
        if not isinstance(value, dict):
            self.problem(path, f"must be a mapping, is {type(value).__name__}")
            return {}
        members = shape.members if shape is not None else {}  # type: ignore[attr-defined] # a structure has members
        self.keys(path, value, [*members, *extra])
        out = {}
        for key, given in value.items():
            if given is None:
                continue
            if key in extra:
                out[key] = self.own(given, extra[key], f"{path}.{key}")
            elif key in members:
                out[key] = self.shaped(given, members[key], f"{path}.{key}", key)
        return out

    def shaped(self, value: Any, shape: Shape, path: str, key: str = "") -> Any:
        """Any value in any AWS shape; `key` is the field's name, which tells what a short name means."""
        match shape.type_name:
            case "structure":
                return self.structure(value, shape, path) if not getattr(shape, "is_document_type", False) else value
            case "list":
                if not isinstance(value, list):
                    self.problem(path, "must be a list")
                    return []
                return [self.shaped(v, shape.member, f"{path}[{i}]", key) for i, v in enumerate(value)]  # type: ignore[attr-defined]
            case "map":
                if not isinstance(value, dict):
                    self.problem(path, "must be a mapping")
                    return {}
                return {str(k): self.shaped(v, shape.value, f"{path}.{k}") for k, v in value.items()}  # type: ignore[attr-defined]
            case "timestamp":
                return self.moment(value, path)
            case "boolean":
                if not isinstance(value, bool):
                    self.problem(path, f"must be true or false, is {value!r}")
                return value
            case "blob":
                return value.encode() if isinstance(value, str) else value
            case "string" | "character":
                return self.string(value, shape, path, key)
            case number if number in _NUMBERS:
                if isinstance(value, bool) or not isinstance(value, int | float):
                    self.problem(path, f"must be a number, is {value!r}")
                    return value
                return _NUMBERS[number](value)
        self.problem(path, f"the World cannot read AWS's type {shape.type_name}")
        return value

    def string(self, value: Any, shape: Shape, path: str, key: str) -> Any:
        """A string field: mappings become JSON, short names become ARNs, enums are checked."""
        if isinstance(value, dict | list):
            return json.dumps(value, default=str)
        if isinstance(value, bool) or (isinstance(value, int) and not isinstance(value, bool)):
            value = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, datetime | date | float):
            self.problem(path, f"is a string in AWS: put {value} in quotes")
            return str(value)
        enum = allowed(shape)
        if enum and value not in enum:
            self.problem(path, f"{value!r} is not one that AWS sends; allowed: {', '.join(map(str, enum))}")
        lower = key.lower()
        if lower.endswith(("arn", "arns")) or lower == "taskdefinition":
            arn = self.arns.expand(value, key)
            if arn is None and value:
                self.problem(path, f"{value!r} is neither an ARN nor a short name; short names begin with {PREFIXES}")
            return arn or value
        return value

    def moment(self, value: Any, path: str) -> datetime:
        """A time."""
        try:
            return moment(value, self.now, self.shift)
        except ValueError as error:
            self.problem(path, str(error))
            return self.now

    def own(self, value: Any, kind: Any, path: str) -> Any:
        """A key of ours, by its kind (see `Section.extra`)."""
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self.part(value, kind, path)
        if isinstance(kind, list):
            if not isinstance(value, list):
                self.problem(path, "must be a list")
                return []
            return [self.own(v, kind[0], f"{path}[{i}]") for i, v in enumerate(value)]
        if isinstance(kind, tuple):  # a shape of a service: (service, shape name)
            return self.shaped(value, model_of(kind[0]).shape_for(kind[1]), path)
        if kind == "timestamp":
            return self.moment(value, path)
        if kind == "string":
            return str(value)
        if kind == "integer" and (isinstance(value, bool) or not isinstance(value, int)):
            self.problem(path, f"must be a whole number, is {value!r}")
        return value

    def part(self, value: Any, part: type[BaseModel], path: str) -> Any:
        """A value in one of our own models."""
        try:
            return part.model_validate(value, context={"now": self.now, "shift": self.shift})
        except ValidationError as error:
            self.problems.extend(sentences(error, path))
            return None


def sentences(error: ValidationError, path: str = "") -> list[str]:
    """The errors of pydantic as `path: what is wrong` sentences."""
    found = []
    for one in error.errors(include_url=False):
        where = ".".join(str(part) for part in (path, *one["loc"]) if part != "")
        text = "unknown field" if one["type"] == "extra_forbidden" else one["msg"].removeprefix("Value error, ")
        found.append(f"{where}: {text}")
    return found


def allowed(shape: Shape) -> list[str]:
    """The values that AWS sends for an enum; [] for a free string.

    EC2's model lists the states of a VPC endpoint as `Available`; the API has always sent `available`.
    """
    enum: list[str] = getattr(shape, "enum", None) or []
    return [*enum, *(value[:1].lower() + value[1:] for value in enum)] if shape.name == "State" else enum


class _Validator(ParamValidator):
    """botocore's, without asking dateutil for each of a week's datapoints what it is."""

    def _validate_list(self, param: Any, shape: Any, errors: Any, name: str) -> None:
        moments = shape.member.type_name == "timestamp" and isinstance(param, list)
        if not (moments and all(isinstance(one, datetime) for one in param)):
            super()._validate_list(param, shape, errors, name)  # type: ignore[misc] # botocore's own, which no stub has


def mismatches(value: Any, shape: Shape) -> list[str]:
    """Where a value differs from a shape: types, required and unknown members.

    Lengths and ranges are left out: models state them for requests, and AWS answers what they forbid (0 provisioned
    capacity units of an on-demand table).
    """
    report = _Validator().validate(value, shape)
    report._errors = [one for one in report._errors if one[0] not in _LIMITS]  # noqa: SLF001 # no public way to filter
    return report.generate_report().splitlines() if report.has_errors() else []


def violations(value: Any, shape: Shape) -> list[str]:
    """Where a finished answer differs from AWS's output shape: `mismatches`, and enums."""
    return [*mismatches(value, shape), *_enums(value, shape, shape.name)]


def _enums(value: Any, shape: Shape, path: str) -> list[str]:
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            members = shape.members  # type: ignore[attr-defined]
            return [p for k, v in value.items() if k in members for p in _enums(v, members[k], f"{path}.{k}")]
        case "list" if isinstance(value, list):
            member = shape.member  # type: ignore[attr-defined]
            if member.type_name in _PLAIN:
                return []
            return [p for i, v in enumerate(value) for p in _enums(v, member, f"{path}[{i}]")]
        case "map" if isinstance(value, dict):
            member = shape.value  # type: ignore[attr-defined]
            return [p for k, v in value.items() for p in _enums(v, member, f"{path}.{k}")]
        case "string" if (enum := allowed(shape)) and value not in enum:
            return [f"{path}: {value!r} is not one of {', '.join(enum)}"]
    return []
