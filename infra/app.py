"""Builds the CDK app: one stack for each environment, checked by cdk-nag while it is synthesised."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.asset import ROOT
from infra.environment import load_environments
from infra.problems import EnvironmentFileError
from infra.stack import TocsinStack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from infra.environment import Environment


def synthesise(folder: Path) -> int:
    """Write the templates of all environments of a folder to cdk.out, or where the CDK command line says.

    Returns the exit code: 1 after printing what is wrong with an environment's file.
    """
    try:
        application(load_environments(folder), out=None if "CDK_OUTDIR" in os.environ else ROOT / "cdk.out").synth()
    except EnvironmentFileError as error:
        print(error, file=sys.stderr)  # noqa: T201 — for the person who typed the command
        return 1
    return 0


def application(environments: Iterable[Environment], *, out: Path | None = None) -> App:
    """Return the app; its `synth()` raises where a stack violates a rule that nobody acknowledged.

    The context `architecture` (`-c architecture=x86_64`) overrides the environments' own.
    """
    app = App(outdir=str(out) if out else None, context=_context())
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    architecture = app.node.try_get_context("architecture")
    if architecture not in {None, "arm64", "x86_64"}:
        raise ValueError(f"the context 'architecture' is {architecture!r}; it can be arm64 or x86_64")
    for environment in environments:
        TocsinStack(app, environment, architecture=architecture)
    return app


def _context() -> dict[str, object] | None:
    """cdk.json's context, which the CDK command line passes on and plain `python app.py` would miss."""
    if "CDK_CONTEXT_JSON" in os.environ:
        return None
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context
