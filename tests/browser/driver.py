"""A Chromium that a test can use as a person does: real mouse and keyboard events, over the DevTools pipe.

No driver and no WebSocket: with --remote-debugging-pipe Chromium reads JSON from file descriptor 3 and writes to 4.
Source: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.browser.browser import FLAGS, program

# Becomes Chromium, with our pipe where it looks for it.
_LAUNCH: Final = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE: Final = 60.0  # seconds; a busy machine's browser may take several for what takes none on a free one


class Driver:
    """One tab.

    Attributes:
        console: What the page wrote on the console, errors included.
    """

    def __init__(self, process: subprocess.Popen[bytes], write: int, read: int) -> None:
        self.console: list[str] = []
        self._process, self._write, self._read = process, write, read
        self._buffer, self._number, self._session = b"", 0, ""
        self._selector = selectors.DefaultSelector()
        self._selector.register(read, selectors.EVENT_READ)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One DevTools command; raises AssertionError with the browser's words where it fails."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, url: str, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        """Go to a page in a window of that size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=url)
        self.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'", f"{url} opens")

    def value(self, expression: str) -> Any:
        """What an expression is on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str, what: str) -> Any:
        """Wait until an expression is true on the page, and return it."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if found := self.value(expression):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{what}: not seen within {PATIENCE:.0f} s. The page:\n{self.text()}")

    def text(self) -> str:
        """What the page says."""
        return str(self.value("document.body ? document.body.innerText : ''"))

    def until_text(self, words: str) -> None:
        """Wait until the page says something."""
        self.until(f"document.body.innerText.includes({json.dumps(words)})", f"“{words}”")

    def click(self, selector: str, words: str = "") -> None:
        """Press the left button on the first visible element that fits, where a person would see it."""
        x, y = self.until(_centre(selector, words), f"{selector} {words}")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose(self, selector: str, words: str) -> None:
        """Choose an option of a select by its text, as its pop-up does (a headless browser draws none)."""
        pick = (
            f"(() => {{ const s = document.querySelector({json.dumps(selector)}); if (!s) return false;"
            f" const o = [...s.options].find(o => o.text === {json.dumps(words)}); if (!o) return false; s.focus();"
            " s.value = o.value; s.dispatchEvent(new Event('change', {bubbles: true})); return true; })()"
        )
        self.until(pick, f"{selector} with {words}")

    def write(self, selector: str, text: str, *, instead: bool = False, enter: bool = False) -> None:
        """Click into a field and type; `instead` of what stands there."""
        self.click(selector)
        if instead:
            self.value(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)
        if enter:
            for kind in ("keyDown", "keyUp"):
                self.call("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13, text="\r")

    def picture(self, to: Path) -> None:
        """A PNG of the window."""
        to.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _next(self) -> dict[str, Any]:
        ends = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            assert self._selector.select(max(0, ends - time.monotonic())), "Chromium does not answer"
            part = os.read(self._read, 1 << 20)
            assert part, f"Chromium ended with {self._process.wait(10)}"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Log.entryAdded":
            self.console.append(message["params"]["entry"]["text"])
        if message.get("method") == "Runtime.exceptionThrown":
            self.console.append(json.dumps(message["params"]["exceptionDetails"]))
        return message


def _centre(selector: str, words: str) -> str:
    """An expression: where the first visible element that fits has its middle, scrolled into view; else null."""
    return (
        f"(() => {{ const found = [...document.querySelectorAll({json.dumps(selector)})].find(e =>"
        f" e.innerText.includes({json.dumps(words)}) && e.getClientRects().length && !e.disabled);"
        " if (!found) return null; found.scrollIntoView({block: 'center'}); const r = found.getBoundingClientRect();"
        " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )


@contextlib.contextmanager
def driver(profile: Path) -> Iterator[Driver]:
    """A browser of its own while the block runs."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    command = [sys.executable, "-c", _LAUNCH, str(theirs_in), str(theirs_out)]
    command += [program(), *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    with (profile.parent / f"{profile.name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=(theirs_in, theirs_out))
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Driver(process, ours_out, ours_in)
    finally:
        os.close(ours_out)  # Chromium leaves when its pipe closes
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours_in)
