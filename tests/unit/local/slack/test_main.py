import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_it_runs_standalone_with_a_sample_incident() -> None:
    command = [sys.executable, "-m", "local.slack", "--port", "0", "--sample", "--channel", "#ops", "--token", "xoxb-1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().split() for _ in range(3)]
            with urllib.request.urlopen(lines[0][1]) as page:
                html = page.read().decode()
        finally:
            process.terminate()
    assert lines[1] == ["API", f"SLACK_API_URL={lines[0][1]}api/"]
    assert lines[2] == ["token", "xoxb-1"]
    assert "# ops" in html
    assert "INCIDENT RESOLVED" in html
