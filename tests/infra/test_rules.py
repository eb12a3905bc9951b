"""cdk-nag and cfn-lint, and that they bite."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk import aws_sns as sns

from infra.app import application


def test_cfn_lint_has_nothing_to_say(assembly: Path) -> None:
    templates = sorted(map(str, assembly.glob("*.template.json")))
    assert len(templates) == 2
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), *templates], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_cdk_nag_stops_the_synthesis_of_what_nobody_acknowledged(tmp_path: Path) -> None:
    app = application([], out=tmp_path)
    sns.Topic(Stack(app, "bad"), "Topic")
    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()


def test_each_acknowledged_finding_stands_on_its_own_construct_with_a_reason(assembly: Path) -> None:
    metadata = json.loads((assembly / "tocsin-acme-production.metadata.json").read_text())
    acknowledged = {
        (path.removeprefix("/tocsin-acme-production/"), rule): reason
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule, reason in entry["data"].items()
    }
    assert {path for path, _ in acknowledged} == {
        *("Respond/Role", "Respond/Function", "Pulse/Role", "Pulse/Function", "Recordings/Bucket"),
        *("Review/Role", "Review/Function", "Documents/Bucket", "Interact/Function"),
        *("Actor/Act/Role", "Actor/Act/Function"),
    }
    assert all(len(reason) > 40 for reason in acknowledged.values())
