"""CDK's entry: one stack for each file in environments/. `cdk synth -c architecture=x86_64` for the other processor."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.app import synthesise

if __name__ == "__main__":
    sys.exit(synthesise(Path(__file__).parent / "environments"))
