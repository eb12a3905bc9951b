"""What Lambda unpacks: complete, small, the same each time, and built for the function's processor."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import asset
from infra.asset import BuildError, build
from lambdas.aws import Aws

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built() -> Path:
    return build("arm64")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def _python(folder: Path, code: str) -> str:
    """Run code that sees the standard library and the asset, and nothing of ours."""
    start = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.dont_write_bytecode = True\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + code],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_handlers_and_every_module_import_from_the_asset_alone(built: Path) -> None:
    out = _python(
        built,
        """
import importlib, json, pkgutil, lambdas
for found in pkgutil.walk_packages(lambdas.__path__, "lambdas."):
    importlib.import_module(found.name)
from lambdas.handlers.respond import handler
from lambdas.handlers.pulse import handler
outside = {m.__file__ for m in sys.modules.values() if "site-packages" in (getattr(m, "__file__", "") or "")}
print(json.dumps(sorted(outside)))
""",
    )
    assert json.loads(out) == []


def test_every_client_can_be_built_from_the_models_that_are_shipped(built: Path) -> None:
    out = _python(
        built,
        """
from lambdas.aws import Aws
aws = Aws("eu-west-1")
print(sorted(type(getattr(aws, name)).__name__ for name in Aws.__annotations__))
""",
    )
    assert len(ast.literal_eval(out)) == len(Aws.__annotations__)


def test_every_service_that_the_code_names_is_shipped() -> None:
    named = {
        node.args[0].value
        for path in (ROOT / "lambdas").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"client", "resource"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert named <= asset.SERVICES
    assert {name.replace("_", "-") for name in Aws.__annotations__} <= asset.SERVICES


def test_it_carries_no_other_service_no_test_and_nothing_that_differs_between_two_installations(built: Path) -> None:
    assert {p.name for p in (built / "botocore" / "data").iterdir() if p.is_dir()} == asset.SERVICES
    assert [p for p in built.rglob("tests") if p.is_dir()] == []
    assert [p for name in ("RECORD", "INSTALLER", "REQUESTED") for p in built.rglob(name)] == []
    assert not (built / "bin").exists()
    assert sum(p.stat().st_size for p in built.rglob("*") if p.is_file()) < 40_000_000


def test_it_is_the_package_itself(built: Path) -> None:
    sources = {p.relative_to(ROOT) for p in (ROOT / "lambdas").rglob("*.py")}
    shipped = {p.relative_to(built) for p in (built / "lambdas").rglob("*.py")}
    assert shipped == sources
    assert not (built / "infra").exists()
    assert not (built / "local").exists()


@pytest.mark.skipif(sys.version_info[:2] != asset.PYTHON, reason="only the runtime's own version writes its bytecode")
def test_each_source_has_bytecode_that_lambda_trusts_without_looking(built: Path) -> None:
    for source in (built / "lambdas").rglob("*.py"):
        compiled = (source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc").read_bytes()
        assert int.from_bytes(compiled[4:8], "little") == 0b01, f"{source}: not an unchecked hash"
        assert str(ROOT).encode() not in compiled, f"{source}: shows where it was built"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, built: Path) -> None:
    """Built again from the sources; the dependencies come from the cache, which pip filled."""
    again = tmp_path / "again"
    shutil.copytree(built / "lambdas", again / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "constraints.txt", again / "constraints.txt")
    dependencies = asset._dependencies("arm64", ROOT)
    shutil.copytree(dependencies, again / ".build" / dependencies.name)

    second = build("arm64", root=again)

    assert second != built
    assert second.name == built.name
    assert _digest(second) == _digest(built)


def test_a_changed_source_is_another_asset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "a.py").write_text("A = 1\n")
    dependencies = tmp_path / ".build" / "dependencies"
    dependencies.mkdir(parents=True)
    monkeypatch.setattr(asset, "_dependencies", lambda *_: dependencies)

    first = build("arm64", root=tmp_path)
    (tmp_path / "lambdas" / "a.py").write_text("A = 2\n")
    second = build("arm64", root=tmp_path)

    assert first != second
    assert (first / "lambdas" / "a.py").read_text() == "A = 1\n"
    assert (second / "lambdas" / "a.py").read_text() == "A = 2\n"
    assert sorted(p.name for p in (tmp_path / ".build").iterdir()) == sorted(
        [first.name, second.name, "dependencies"]
    ), "nothing half-built is left"


def test_a_build_that_fails_leaves_nothing_that_looks_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lambdas").mkdir()
    (tmp_path / "lambdas" / "a.py").write_text("A = (\n")
    dependencies = tmp_path / ".build" / "dependencies"
    dependencies.mkdir(parents=True)
    monkeypatch.setattr(asset, "_dependencies", lambda *_: dependencies)

    with pytest.raises(BuildError, match="does not compile"):
        build("arm64", root=tmp_path)

    assert [p.name for p in (tmp_path / ".build").iterdir()] == ["dependencies"]


def test_pips_own_words_say_why_there_is_no_asset(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("there-is-no-such-package ==== 1\n")
    (tmp_path / "constraints.txt").write_text("")
    with pytest.raises(BuildError, match=r"(?s)requirements\.txt for x86_64:.*there-is-no-such-package"):
        asset._install(tmp_path / "new", "x86_64", tmp_path / "requirements.txt", tmp_path / "constraints.txt")
