"""`make demo ONCE=1`, as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


def test_the_demo_posts_diagnoses_and_resolves() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.demo", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout
    assert shown.index("INCIDENT ALERT") < shown.index("Diagnosis: Confirmed") < shown.index("INCIDENT RESOLVED")
