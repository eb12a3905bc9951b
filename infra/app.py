"""Builds the CDK app: one stack for each environment, checked by cdk-nag while it is synthesised."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, cast

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.asset import ROOT, Architecture
from infra.stack import TocsinStack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from infra.environment import Environment


def application(environments: Iterable[Environment], *, out: Path | None = None) -> App:
    """Return the app; its `synth()` raises where a stack violates a rule that nobody acknowledged.

    The context `architecture` (arm64 or x86_64) comes from cdk.json or `-c architecture=…`.
    """
    app = App(outdir=str(out) if out else None, context=_context())
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    architecture = str(app.node.try_get_context("architecture"))
    if architecture not in {"arm64", "x86_64"}:
        raise ValueError(f"the context 'architecture' is {architecture!r}; it can be arm64 or x86_64")
    for environment in environments:
        TocsinStack(app, environment, architecture=cast("Architecture", architecture))
    return app


def _context() -> dict[str, object] | None:
    """cdk.json's context, which the CDK command line passes on and plain `python app.py` would miss."""
    if "CDK_CONTEXT_JSON" in os.environ:
        return None
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context
