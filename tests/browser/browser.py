"""Headless Chromium, as Debian installs it, started by hand: no driver and no download."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

MISSING: Final = "Chromium is not installed: `apt-get update && apt-get install -y chromium` (or put it on PATH)"
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
)


def program() -> str:
    """Where Chromium is; its absence fails the test, with what to do."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise AssertionError(MISSING)
    return found


class Browser:
    """One-shot runs of Chromium, each with a profile of its own.

    Args:
        folder: Where the profiles go.
    """

    def __init__(self, folder: Path) -> None:
        self._program = program()
        self._folder = folder
        self._runs = 0

    def dom(self, url: str, width: int = 1280, height: int = 900) -> tuple[str, list[str]]:
        """The document after its scripts ran, and what it wrote on the console."""
        done = self._run(url, width, height, "--dump-dom")
        return done.stdout, re.findall(r"CONSOLE[^\n]*", done.stderr)

    def screenshot(self, url: str, to: Path, width: int = 1280, height: int = 900) -> None:
        """A PNG of the window."""
        self._run(url, width, height, f"--screenshot={to}")
        assert to.exists(), "Chromium made no screenshot"

    def _run(self, url: str, width: int, height: int, *what: str) -> subprocess.CompletedProcess[str]:
        self._runs += 1
        profile = self._folder / f"profile-{self._runs}"
        size = (f"--window-size={width},{height}", "--virtual-time-budget=3000", f"--user-data-dir={profile}")
        command = [self._program, *FLAGS, *size, *what, url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"Chromium ended with {done.returncode}: {done.stderr[-2000:]}"
        return done
