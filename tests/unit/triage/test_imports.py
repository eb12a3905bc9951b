"""Parsing and triage stand on the path to the first post: the standard library only."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"boto3", "botocore", "pydantic", "aws_lambda_powertools", "slack_sdk", "yaml", "urllib3", "jinja2", "email"}


def test_parse_and_classify_load_nothing_heavy() -> None:
    code = (
        "import sys, lambdas.alerts.parse, lambdas.triage.classify; print(*{m.partition('.')[0] for m in sys.modules})"
    )
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(loaded.stdout.split()) & HEAVY == set()
