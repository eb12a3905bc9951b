"""tools/bootstrap and the Makefile: what they say where something is missing, and that they keep quiet on stdout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("bash", "cat", "cksum", "dirname", "env", "mkdir", "rm", "sed", "sleep", "touch")


def _run(where: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=where, env={"HOME": str(where), **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout, in a path with a space, with what the scripts read and nothing prepared."""
    home = tmp_path / "a checkout"
    for name in ("tools/bootstrap", "tools/node-requirements.txt", "local/emulator-requirements.txt", "Makefile"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, home / name)
    return home


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A PATH with the shell's tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in COMMANDS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return str(folder)


def test_without_a_python_it_says_what_to_install(checkout: Path, bare: str) -> None:
    done = _run(checkout, "tools/bootstrap", "emulator", PATH=bare)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Python 3.13 or newer is needed and was not found as python3.13, as python3, or through uv" in done.stderr
    assert not (checkout / ".tools" / "lock").exists()
    assert not (checkout / ".tools" / "emulator").exists()


def test_an_older_python_is_not_taken(checkout: Path, bare: str) -> None:
    old = Path(bare) / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what `sys.exit(sys.version_info < (3, 13))` does on 3.12
    old.chmod(0o755)
    assert _run(checkout, "tools/bootstrap", "emulator", PATH=bare).returncode == 1


def test_the_lock_of_a_dead_process_is_taken_over(checkout: Path, bare: str) -> None:
    (checkout / ".tools" / "lock").mkdir(parents=True)
    (checkout / ".tools" / "lock" / "pid").write_text("4194305")  # above the kernel's largest process id
    done = _run(checkout, "tools/bootstrap", "emulator", PATH=bare)
    assert "another make is preparing" not in done.stderr
    assert "Python 3.13 or newer is needed" in done.stderr


def test_an_unknown_part_is_refused(checkout: Path, bare: str) -> None:
    done = _run(checkout, "tools/bootstrap", "kitchen", PATH=bare)
    assert done.returncode == 1
    assert "does not know 'kitchen'" in done.stderr


@pytest.mark.parametrize(("target", "wanted"), [("replay", "EVENT="), ("deploy", "ENV=")])
def test_a_target_says_what_it_needs(checkout: Path, target: str, wanted: str) -> None:
    done = _run(checkout, "make", "-s", target, PATH=os.environ["PATH"])
    assert done.returncode == 2
    assert wanted in done.stderr
    assert done.stdout == ""


def test_make_alone_lists_every_target(checkout: Path) -> None:
    done = _run(checkout, "make", PATH=os.environ["PATH"])
    assert done.returncode == 0
    for target in ("demo", "replay", "test", "check", "synth", "deploy", "bench", "constraints", "clean"):
        assert f"make {target} " in done.stdout


def test_ci_runs_exactly_the_test_command() -> None:
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[-1] == "make test"
