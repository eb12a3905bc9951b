"""The synthesised stack of the sample environment, deployed once for all tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.app import application
from infra.environment import Environment, load_environment
from local.emulator import PYTHON
from local.stage import Stage, stage

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; what is waited for takes one or two on a quiet machine


@pytest.fixture(scope="session")
def environment() -> Environment:
    return load_environment(ROOT / "environments" / "acme-production.yaml")


@pytest.fixture(scope="session")
def staged(environment: Environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    assert PYTHON.exists(), "the embedded AWS is not installed: run tools/bootstrap emulator"
    out = tmp_path_factory.mktemp("cdk.out")
    application([environment], out=out).synth()
    with stage(environment, out) as staged:
        yield staged


def eventually[T](look: Callable[[], T | None], what: str, staged: Stage) -> T:
    """Wait until something truthy is seen, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.2)
    logs = "\n".join((*staged.logged("respond"), staged.emulator.log.read_text()[-3000:]))
    pytest.fail(f"{what}: not seen within {PATIENCE:.0f} s\n{logs}")
