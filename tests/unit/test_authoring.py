"""docs/authoring.md cannot rot: its blocks are linted, executed, and solve the page's own world."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lambdas.alerts.base import SOURCES
from lambdas.alerts.parse import parse
from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from lambdas.playbooks.base import PLAYBOOKS
from local.world.model import FaultSpec
from tests.flow.worlds import Run, run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
BLOCKS: dict[str, str] = dict(re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
PYTHON = [path for path in BLOCKS if path.endswith(".py")]
MODULES = [path for path in PYTHON if path.startswith("lambdas/")]
WORLD = next(path for path in BLOCKS if path.endswith(".yaml"))
EVENT = next(path for path in BLOCKS if path.endswith(".json"))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The page's modules, as if they stood in the package; gone again after the test."""
    loaded()
    registries: list[dict[str, Any]] = [CHECKS, CAUSES, PLAYBOOKS, SOURCES]
    before = [dict(registry) for registry in registries]
    modules = {}
    try:
        for path in MODULES:
            modules[path] = _module(path, monkeypatch)
        yield modules
    finally:
        for registry, content in zip(registries, before, strict=True):
            registry.clear()
            registry.update(content)


def _module(path: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    name = path.removesuffix(".py").replace("/", ".")
    module = ModuleType(name)
    parent = name.rpartition(".")[0]
    if parent not in sys.modules and not (ROOT / Path(path).parent / "__init__.py").exists():
        package = ModuleType(parent)
        package.__path__ = []
        monkeypatch.setitem(sys.modules, parent, package)
    monkeypatch.setitem(sys.modules, name, module)  # dataclasses and the page's other modules look it up
    exec(compile(BLOCKS[path], path, "exec"), module.__dict__)
    return module


@pytest.fixture
def world(tmp_path: Path) -> Path:
    path = tmp_path / Path(WORLD).name
    path.write_text(BLOCKS[WORLD], encoding="utf-8")
    return path


@pytest.mark.parametrize("path", BLOCKS)
def test_an_example_shadows_nothing_that_exists(path: str) -> None:
    assert not (ROOT / path).exists()


def test_the_page_has_one_example_of_each() -> None:
    folders = sorted(str(Path(path).parent) for path in BLOCKS)
    assert folders == [
        "events/ec2",
        "events/worlds/ec2",
        "lambdas/alerts",
        "lambdas/causes/ec2",
        "lambdas/checks/ec2",
        "lambdas/playbooks",
        "tests/unit/causes/ec2",
    ]


def test_the_code_passes_the_projects_lint(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lambdas", tmp_path / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path in PYTHON:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).parent.joinpath("__init__.py").touch()
        (tmp_path / path).write_text(BLOCKS[path], encoding="utf-8")
    for command in (("check",), ("format", "--check")):
        arguments = [sys.executable, "-m", "ruff", *command, "--no-cache", *PYTHON]
        done = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("written")
def test_the_example_solves_its_world(world: Path) -> None:
    found = run(world)
    assert found.right, found.line
    assert found.complaints == []
    head = found.diagnosis.headline.judgement
    assert head.summary == "EC2 reports the host under i-0c1f6a7de2b94a310 as impaired since 22:08:00 UTC"
    assert found.diagnosis.playbook == "instance"


@pytest.mark.usefixtures("written")
def test_without_its_source_the_example_cannot_check(world: Path) -> None:
    denied = FaultSpec(service="ec2", operation="DescribeInstanceStatus", error="UnauthorizedOperation")
    found: Run = run(world, faults=[denied])
    assert found.labels["ec2.host_impaired"] == "could_not_check"
    assert found.diagnosis.headline.id == "unknown"


def test_the_examples_own_test_passes(written: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    assert written
    module = _module(next(path for path in PYTHON if path.startswith("tests/")), monkeypatch)
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        test()


def test_the_example_event_is_read(written: dict[str, ModuleType]) -> None:
    event = json.loads(BLOCKS[EVENT])
    alert = parse(event)
    assert written
    assert (alert.kind, alert.state) == ("health", "ALARM")
    assert alert.reason == "EC2 will terminate i-0b662ef9931388ba0 in two minutes"
    assert parse({**event, "detail": {}}).kind == "unknown"


@pytest.mark.parametrize("path", re.findall(r"`((?:lambdas|tests|infra|docs)/[\w/]+\.(?:py|md))`", PAGE))
def test_every_file_that_is_named_exists(path: str) -> None:
    assert path in BLOCKS or (ROOT / path).exists()
