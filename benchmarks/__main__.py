"""What the path to the first post costs, as ratios to a bare `import boto3` in the same run.

    make bench

Each case is a fresh process; cases are interleaved and medians of CPU time compared, since these machines are shared.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 7
UNIT = "import boto3"
CASES = {
    "python alone": "pass",
    UNIT: "import boto3",
    "respond: all that the first post imports": "import lambdas.handlers.respond",
    "… and its DynamoDB and Secrets Manager clients": (
        "import lambdas.handlers.respond; from lambdas.aws import Aws;"
        "a = Aws('eu-west-1'); a.dynamodb; a.secretsmanager"
    ),
    "… and all that only diagnosis imports": (
        "import lambdas.handlers.respond; from lambdas.diagnosis.catalogue import loaded; loaded();"
        "import lambdas.diagnosis.examine, lambdas.slack.report"
    ),
}
REPLAY = [
    sys.executable, "-m", "local.replay", "--json",
    "--event", "events/sns/ecs-running-tasks-alarm.json", "--world", "events/worlds/demo/checkout-image-missing.yaml",
]  # fmt: skip


def cpu(command: list[str]) -> float:
    """CPU seconds of one child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, program in CASES.items():
            taken[name].append(cpu([sys.executable, "-c", program]))
    unit = statistics.median(taken[UNIT])
    print(f"unit: {UNIT} = {unit * 1000:.0f} ms CPU, median of {ROUNDS}\n")
    for name, seconds in taken.items():
        print(f"{statistics.median(seconds) / unit:6.2f} ×  {name}")
    timings = []
    for _ in range(3):
        done = subprocess.run(REPLAY, cwd=ROOT, check=True, capture_output=True, text=True)
        timings.append(json.loads(done.stdout)["timings"])
    print("\nreplay of the demo's alarm (own plane on loopback, warm clients), medians of 3:")
    for name in ("first_post_ms", "diagnosis_ms"):
        milliseconds = statistics.median(t[name] for t in timings)
        print(
            f"{milliseconds / 1000 / unit:6.2f} ×  {name.removesuffix('_ms').replace('_', ' ')} ({milliseconds:.0f} ms)"
        )


if __name__ == "__main__":
    main()
