"""The embedded AWS: a pinned ministack in its own virtual environment, as a process of ours on a loopback port.

It holds our own plane (SNS, SQS, Lambda, DynamoDB, …); what is read about the workload comes from the World's gateway,
which stands in front: functions get the gateway as their `AWS_ENDPOINT_URL`. Functions run as their own roles.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

PYTHON = Path(__file__).parent.parent / ".tools" / "emulator" / "bin" / "python"
START_SECONDS = 60  # two busy cores; it takes about one when they are free
STOP_SECONDS = 10

# Its standard input is our end of a pipe: when we are gone, however that came about, it goes too.
# The stack's policies refuse anything but TLS; loopback counts as that here, for requests and for what AWS services
# send each other. SES checks SendEmail on the sender's identity, which the emulator forgets. These are internals of one
# exact version: a changed name fails the start.
_BOOT = """
import os, runpy, sys, threading
from contextvars import ContextVar
def leave_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)
threading.Thread(target=leave_with_parent, daemon=True).start()
from ministack.core import iam_actions, iam_evaluator
iam_actions._SES_V2_RESOURCES["outbound-emails"] = ("identity", "FromEmailAddress")
pin = iam_evaluator.pin_request_origin
iam_evaluator._request_origin.get()
iam_evaluator._request_origin = ContextVar("origin", default=("127.0.0.1", True))
iam_evaluator.pin_request_origin = lambda address, secure: pin(address, True)
sys.argv = ["ministack"]
runpy.run_module("ministack", run_name="__main__")
"""


class EmulatorError(Exception):
    """The embedded AWS did not start; the message ends with what it printed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """A running emulator.

    Attributes:
        url: its own endpoint, for deployments; functions use the gateway before it.
        account: requests signed with this as access key are its root's.
        log: what it and the functions' runtime printed.
        pid: its process.
    """

    url: str
    account: str
    region: str
    log: Path
    pid: int

    def client(self, service: str) -> Any:
        """A boto3 client of the account's root at this endpoint."""
        session: Any = boto3.session.Session(self.account, "not checked", region_name=self.region)
        return session.client(service, endpoint_url=self.url)


def free_port() -> int:
    """A loopback port that nobody listens on right now. Known before the start, so that a gateway can point to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def emulator(
    *,
    account: str,
    region: str,
    port: int | None = None,
    functions: Mapping[str, str] | None = None,
    enforce_policies: bool = True,
    python: Path = PYTHON,
) -> Iterator[Emulator]:
    """Run the emulator while the block runs; everything it writes is removed with it.

    Args:
        account: twelve digits.
        region: an AWS region's name.
        port: from `free_port`; one is chosen where there is none.
        functions: variables that every function sees, e.g. `AWS_ENDPOINT_URL` (the gateway) and `SLACK_API_URL`.
        enforce_policies: run each function as its own role and deny what the role's policies do not allow.
        python: the interpreter that has ministack, and that functions run on.

    Raises:
        EmulatorError: it is not installed, or did not answer in time.
    """
    if not python.exists():
        raise EmulatorError("the embedded AWS is not installed: run tools/bootstrap emulator")
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-aws-") as scratch:
        log = Path(scratch) / "emulator.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(python), "-c", _BOOT],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=scratch,
                env=_environment(scratch, account, region, port, enforce_policies) | dict(functions or {}),
            )
        try:
            _await_ready(process, port, log)
            yield Emulator(url=f"http://127.0.0.1:{port}", account=account, region=region, log=log, pid=process.pid)
        finally:
            _stop(process)


def _environment(scratch: str, account: str, region: str, port: int, enforce: bool) -> dict[str, str]:  # noqa: FBT001
    """Nothing of ours: ministack hands its whole environment to the functions."""
    return {
        "PATH": os.defpath,
        "HOME": scratch,
        "TMPDIR": scratch,
        "S3_DATA_DIR": f"{scratch}/s3",
        "STATE_DIR": f"{scratch}/state",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "AUTH": "true" if enforce else "false",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if (code := process.poll()) is not None:
            raise EmulatorError(f"the embedded AWS ended with code {code}:\n{tail(log)}")
        if _answers(port):
            return
        time.sleep(0.1)
    raise EmulatorError(f"the embedded AWS did not answer within {START_SECONDS} s:\n{tail(log)}")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/_ministack/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End our own process: its end of the pipe closes and it leaves, its functions' workers after it."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
