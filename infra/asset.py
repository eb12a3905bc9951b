"""The directory that Lambda unpacks: `lambdas/`, its dependencies, and their bytecode. Built without Docker.

Dependencies come from pip as wheels for the function's platform, not this machine's. Both layers are cached under
`.build/`, named by a hash of all that goes into them; the same input gives the same bytes, so CDK's asset hash, and
with it the deployed function, changes only when the code does.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lambdas.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

type Architecture = Literal["arm64", "x86_64"]

ROOT = Path(__file__).parent.parent
PYTHON = (3, 13)  # the function's runtime
_MACHINE: dict[Architecture, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
_GLIBC = ("manylinux2014", "manylinux_2_28", "manylinux_2_34")  # Lambda's Amazon Linux 2023 has 2.34
_TASK = "/var/task"  # where Lambda unpacks: tracebacks show this path
_LAYOUT = "1"  # part of the cache's key: change it with this file's recipe

# botocore describes 400 services in 28 MB; we ship the ones called (and `sts`, which credential providers ask for).
SERVICES = frozenset(name.replace("_", "-") for name in Aws.__annotations__) | {"sts"}


class BuildError(Exception):
    """The asset could not be built; the message holds pip's own words."""


def build(architecture: Architecture = "arm64", *, root: Path = ROOT) -> Path:
    """Return the asset's directory, built now or taken from `.build/`.

    Raises BuildError where pip has no wheel for the platform or cannot reach its index.
    """
    dependencies = _dependencies(architecture, root)
    sources = sorted(p for p in (root / "lambdas").rglob("*") if _ships(p))
    key = _hash(dependencies.name, *(part for p in sources for part in (str(p.relative_to(root)), p.read_bytes())))

    def fill(target: Path) -> None:
        shutil.copytree(dependencies, target, dirs_exist_ok=True, copy_function=os.link)  # nobody writes to either
        for source in sources:
            copy = target / source.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        _compile(target / "lambdas", target)

    return _cached(root / ".build" / f"asset-{architecture}-{key}", fill)


def _ships(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")


def _dependencies(architecture: Architecture, root: Path) -> Path:
    requirements, constraints = root / "lambdas" / "requirements.txt", root / "constraints.txt"
    key = _hash(
        _LAYOUT, str(sys.version_info[:2]), *sorted(SERVICES), requirements.read_bytes(), constraints.read_bytes()
    )

    def fill(target: Path) -> None:
        _install(target, architecture, requirements, constraints)
        _prune(target)
        _compile(target, target)

    return _cached(root / ".build" / f"dependencies-{architecture}-{key}", fill)


def _install(target: Path, architecture: Architecture, requirements: Path, constraints: Path) -> None:
    platforms = [word for glibc in _GLIBC for word in ("--platform", f"{glibc}_{_MACHINE[architecture]}")]
    version = ".".join(map(str, PYTHON))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", version, *platforms]
    command += ["--target", str(target), "--requirement", str(requirements), "--constraint", str(constraints)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 — our own words
    if done.returncode:
        raise BuildError(f"pip could not collect {requirements.name} for {architecture}:\n{done.stderr.strip()}")


def _prune(target: Path) -> None:
    """Remove what never runs: other services' models, commands, tests, and pip's notes on this installation."""
    for models in (target / "botocore" / "data", target / "boto3" / "data"):
        _remove(p for p in models.iterdir() if p.is_dir() and p.name not in SERVICES)
    _remove([target / "bin", target / "boto3" / "examples"])
    _remove(p for name in ("tests", "__pycache__") for p in target.rglob(name) if p.is_dir())
    _remove(p for name in ("RECORD", "INSTALLER", "REQUESTED") for p in target.glob(f"*.dist-info/{name}"))


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _compile(folder: Path, root: Path) -> None:
    """Write bytecode that Lambda trusts without looking at the sources: zip files reset their times.

    Another Python's bytecode would never be read, so only the runtime's own version writes it; the asset is right
    without it, only slower to start.
    """
    if sys.version_info[:2] != PYTHON:
        print(  # noqa: T201 — a note for the person who synthesises
            f"tocsin: Python {sys.version_info[0]}.{sys.version_info[1]} writes no bytecode for the runtime's "
            f"{PYTHON[0]}.{PYTHON[1]}: functions will start more slowly",
            file=sys.stderr,
        )
        return
    good = compileall.compile_dir(
        folder,
        quiet=2,
        force=True,
        workers=1,
        stripdir=str(root),
        prependdir=_TASK,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not good:
        raise BuildError(f"a module below {folder} does not compile")


def _cached(home: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a directory aside and move it into place whole, so that neither a crash nor a second build shows half."""
    if home.exists():
        return home
    home.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="new-") as aside:
        new = Path(aside) / home.name
        new.mkdir()
        fill(new)
        try:
            os.rename(new, home)  # noqa: PTH104 — Path.rename would do the same
        except OSError:  # another build was first
            if not home.exists():
                raise
    return home


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]
