"""The flight recorder as a whole: a diagnosis is recorded, replayed byte for byte, and promoted to a world."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local import replay
from local.promote.__main__ import main as promote
from local.recording import load, timeless
from local.world.model import load_world

WORLDS = Path(__file__).parents[2] / "events" / "worlds"
# of each family one, and each kind of source: logs, metrics, Performance Insights, faults, CloudTrail, events
RECORDED = (
    "demo/checkout-image-missing",
    "ecs/secret-access-denied-after-policy-edit",
    "ecs/subnet-out-of-addresses",
    "ecs/memory-climbs-with-task-age",
    "ecs/efs-mount-times-out-after-rule-removed",
    "db/mysql-gp2-burst-balance-empty",
    "db/pg-missing-index-after-release",
    "ddb/writes-grew-past-what-was-provisioned",
    "alb/no-healthy-target-and-target-health-denied",
    "alb/sticky-sessions-keep-new-tasks-idle",
)


def recorded(name: str, into: Path) -> Path:
    """Record the replay of a world, through the command itself."""
    world, event, out = WORLDS / f"{name}.yaml", into / "event.json", into / "recording.json.gz"
    event.write_text(json.dumps(load_world(world).sns_event(), default=str))
    assert replay.main(["--event", str(event), "--world", str(world), "--record", str(out), "--json"]) == 0
    return out


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_then_replayed_then_promoted(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(name, tmp_path)
    then: dict[str, Any] = json.loads(capsys.readouterr().out)

    texts = []
    for _ in range(2):
        assert replay.main(["--recording", str(path), "--json"]) == 0
        now = json.loads(capsys.readouterr().out)
        assert now["recording"]["same_diagnosis"]
        assert now["recording"]["not_in_the_recording"] == []
        texts.append(json.dumps(timeless(now["diagnosis"])))
    assert texts == [json.dumps(timeless(then["diagnosis"]))] * 2

    head = then["diagnosis"]["causes"][0]
    out = tmp_path / "promoted.yaml"
    done = promote([str(path), str(out), "--headline", head["id"], "--verdict", head["verdict"]])
    said = capsys.readouterr()
    assert done == 0, said.out + said.err
    assert load(path).raw["alert"]["account"] not in out.read_text()


def test_the_command_refuses_what_does_not_fit_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["replay"])
    for arguments in (["--recording", "x", "--event", "y"], ["--recording", "x", "--live"], []):
        with pytest.raises(SystemExit):
            replay.main(arguments)
    assert "RECORDING" in capsys.readouterr().err
    assert replay.main(["--recording", str(tmp_path / "none.json.gz")]) == 2
    assert "cannot be read" in capsys.readouterr().err
