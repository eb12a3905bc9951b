"""What the first post needs, and what it must not wait for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ONLY_DIAGNOSIS = (
    "lambdas.checks",
    "lambdas.causes",
    "lambdas.playbooks",
    "lambdas.diagnosis",
    "lambdas.recorder",
    "lambdas.slack.report",
    "lambdas.slack.notice",
    "lambdas.notify.outbox",
    "lambdas.notify.email",
    "lambdas.notify.words",
    "lambdas.notify.customer",
    "lambdas.postmortem",
    "aws_lambda_powertools",
    "slack_sdk",
    "pydantic",
    "jinja2",
    "yaml",
)
PROGRAM = f"""
import json, sys
import lambdas.handlers.respond, lambdas.handlers.pulse
print(json.dumps([name for name in sys.modules if name.startswith({ONLY_DIAGNOSIS!r})]))
"""


def test_the_first_post_needs_no_module_that_only_diagnosis_needs() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
