"""The stack. Importing this package points jsii at the Node that `tools/bootstrap` prepared.

jsii starts Node while `aws_cdk` is imported, so this is the one place early enough.
"""

from __future__ import annotations

import os
from pathlib import Path

_NODE = Path(__file__).parent.parent / ".tools" / "bin" / "node"

if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
for _why in ("DEPRECATED", "END_OF_LIFE", "UNTESTED"):  # a banner of 14 lines on each start
    os.environ.setdefault(f"JSII_SILENCE_WARNING_{_why}_NODE_VERSION", "1")
