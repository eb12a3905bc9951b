"""The replay command's contract (`design.md`): any event file, one JSON object, every message valid for Slack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local import replay
from local.slack.rules import problems, sdk_problems
from local.world.gateway import Gateway
from local.world.model import load_world

ROOT = Path(__file__).parent.parent.parent
EVENTS = sorted(path for path in (ROOT / "events").rglob("*") if path.suffix in {".json", ".txt"})
WORLD = ROOT / "events" / "worlds" / "demo" / "checkout-image-missing.yaml"
CPU = ROOT / "events" / "sns" / "ecs-cpu-alarm.json"


def shown(path: Path) -> dict[str, Any]:
    """What `--json` prints, decoded."""
    decoded: dict[str, Any] = json.loads(json.dumps(replay.as_json(replay.run(replay.read_event(path))), default=str))
    return decoded


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: str(path.relative_to(ROOT / "events")))
def test_every_sample_replays_to_valid_messages(path: Path) -> None:
    result = shown(path)
    messages = [call for call in result["slack"] if call["method"] in {"chat.postMessage", "chat.update"}]
    assert any(call["method"] == "chat.postMessage" and call["ok"] for call in messages)
    for call in messages:
        assert call["ok"], call["error"]
        found = [str(problem) for problem in [*problems(call["payload"]), *sdk_problems(call["payload"])]]
        assert found == []
        assert "could not be told" not in str(call["payload"]["text"])  # the embedded plane takes the e-mail, too
    assert result["classification"]["tier"] in {"critical", "warning", "performance"}
    assert result["classification"]["severity"] in {1, 2, 3}
    assert result["classification"]["why"]
    assert result["incident"]
    # nobody could look, so nothing may be claimed
    verdicts = {cause["id"]: cause["verdict"] for cause in result["diagnosis"]["causes"]}
    spoken_by_the_event = result["alert"]["kind"] != "alarm"
    assert [id_ for id_, verdict in verdicts.items() if verdict == "confirmed" and not spoken_by_the_event] == []
    checks = [run for step in result["diagnosis"]["steps"] for run in step["checks"]]
    assert all(run["outcome"] == "could_not_look" for run in checks if run["findings"] == 0 and run["why"])


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a clean home."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "local.replay", *arguments],
        cwd=ROOT,
        env=kept | {"HOME": "/nonexistent"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_json_is_exactly_one_object_on_stdout(tmp_path: Path) -> None:
    elsewhere = tmp_path / "an event of mine.json"
    elsewhere.write_text(json.dumps(load_world(WORLD).sns_message()))
    done = run("--event", str(elsewhere), "--world", str(WORLD), "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) >= {"alert", "classification", "incident", "diagnosis", "slack", "aws", "timings"}
    assert set(result["alert"]) >= {"name", "state", "source", "resource"}
    assert set(result["classification"]) >= {"tier", "severity", "scope", "why"}
    assert result["diagnosis"]["causes"][0]["id"] == "ecs.image_missing"
    assert set(result["diagnosis"]["causes"][0]) >= {"id", "verdict", "evidence", "actions"}
    assert set(result["aws"][0]) >= {"service", "operation", "milliseconds"}
    assert result["timings"]["first_post_ms"] > 0
    assert result["timings"]["diagnosis_ms"] > 0
    posted = [call["payload"].get("thread_ts") for call in result["slack"] if call["method"] == "chat.postMessage"]
    assert posted[0] is None
    assert posted[1] is not None


def test_for_people_it_is_text(tmp_path: Path) -> None:
    done = run("--event", str(CPU))
    assert done.returncode == 0, done.stderr
    assert "TRIAGE" in done.stdout
    assert "could not look" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--event", "/nowhere/x.json"], "cannot be read"),
        (["--event", str(CPU), "--world", "/nowhere/x.yaml"], "x.yaml"),
        (["--event", str(CPU), "--world", str(WORLD), "--live"], "exclude each other"),
        (["--event", str(CPU), "--live"], "credentials"),
    ],
)
def test_a_wrong_request_says_what_to_do(arguments: list[str], said: str) -> None:
    done = run(*arguments, AWS_EC2_METADATA_DISABLED="true")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_live_observes_there_and_does_nothing_else_there(tmp_path: Path) -> None:
    world = load_world(WORLD)
    event = tmp_path / "event.json"
    event.write_text(json.dumps(world.sns_message()))
    with Gateway(world) as server:
        done = run("--event", str(event), "--live", "--json", AWS_ENDPOINT_URL=server.url)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    seen = sorted((entry.service, entry.operation) for entry in world.ledger.entries)
    assert sorted((call["service"], call["operation"]) for call in result["aws"]) == seen
    reads = ("Describe", "List", "Get", "Lookup", "StartQuery", "Filter", "BatchGet", "StopQuery")
    assert [operation for _, operation in seen if not operation.startswith(reads)] == []
    assert result["diagnosis"]["causes"][0]["id"] == "ecs.image_missing"
    assert {call["service"] for call in result["own"]} <= {"dynamodb", "secretsmanager", "sesv2", "sqs"}


def test_a_live_replay_changes_nothing_in_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever code asks for it, a write never gets as far as a request."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ecs = replay._session("eu-west-1", live=True).client("ecs")
    with pytest.raises(replay.ReplayError, match="ecs:UpdateService does not"):
        ecs.update_service(service="checkout", desiredCount=9)
