"""Two environments' templates, synthesised once: the sample file, and one that differs wherever it can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.app import application
from infra.environment import Environment, load_environment

ROOT = Path(__file__).parents[2]

OTHER = Environment.model_validate(
    {
        "customer": "other",
        "environment": "staging",
        "account": "210987654321",
        "region": "cn-north-1",
        "alarm_topics": [{"arn": "arn:aws-cn:sns:cn-north-1:210987654321:theirs"}],
        "alarm_state_changes": True,
        "slack": {"secret": "arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:slack-AbCdEf"},
        "architecture": "x86_64",
        "removal": "destroy",
        "log_level": "WARNING",
        "log_retention_days": 365,
    }
)

type Template = dict[str, Any]


@pytest.fixture(scope="session")
def environment() -> Environment:
    return load_environment(ROOT / "environments" / "acme-production.yaml")


@pytest.fixture(scope="session")
def assembly(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cdk.out with both stacks; cdk-nag's findings would have raised here."""
    out = tmp_path_factory.mktemp("cdk.out")
    application([environment, OTHER], out=out).synth()
    return out


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    found: Template = json.loads((assembly / "tocsin-acme-production.template.json").read_text())
    return found


@pytest.fixture(scope="session")
def other(assembly: Path) -> Template:
    found: Template = json.loads((assembly / "tocsin-other-staging.template.json").read_text())
    return found


class Resources:
    """A template's resources, looked up by type."""

    def __init__(self, template: Template) -> None:
        self.all: dict[str, dict[str, Any]] = template["Resources"]

    def of(self, kind: str, **where: Any) -> dict[str, dict[str, Any]]:
        """Properties by logical id, of one type, where all named properties are equal."""
        return {
            logical: found.get("Properties", {})
            for logical, found in self.all.items()
            if found["Type"] == kind
            and all(found.get("Properties", {}).get(name) == value for name, value in where.items())
        }

    def one(self, kind: str, **where: Any) -> tuple[str, dict[str, Any]]:
        """The only one; fails where there is none or another."""
        found = self.of(kind, **where)
        assert len(found) == 1, f"{kind} {where}: {sorted(found)}"
        return next(iter(found.items()))


@pytest.fixture(scope="session")
def resources(template: Template) -> Resources:
    return Resources(template)


@pytest.fixture(scope="session")
def others(other: Template) -> Resources:
    return Resources(other)


def strings(node: Any) -> Iterator[str]:
    """Every string in a part of a template."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
