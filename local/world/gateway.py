"""The World across processes: a loopback HTTP gateway in front of an emulator.

`python -m local.world.gateway --world FILE --port N [--upstream URL]`. The SigV4 scope names the service; what the
World does not own is proxied on. Besides AWS it answers `POST /_world/clock` (`{"advance": "5m"}`), `POST /_world/load`
(`{"path": …, "now": "real"}`), `GET /_world/ledger` and `GET /_world` (title and time).
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException

from local.world.errors import HungError, WorldError, WorldFileError
from local.world.model import load_world
from local.world.times import span
from local.world.wire import Request, Response, by_signing_name, refused, respond

if TYPE_CHECKING:
    from pathlib import Path

    from local.world.world import World

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
_PATIENCE = 120.0


class Gateway(ThreadingHTTPServer):
    """Serves a world on loopback; `world` may be swapped while it runs.

    Args:
        world: what answers; None proxies everything.
        port: 0 lets the system choose, see `url`.
        upstream: URL of the emulator behind; without it, what the World does not own is a 501.
        ticking: the worlds' clocks follow real seconds.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, world: World | None, port: int = 0, upstream: str | None = None, *, ticking: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.ticking = ticking
        self.world: World | None = None
        self.upstream = urlsplit(upstream) if upstream else None
        self.swap(world)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def swap(self, world: World | None) -> None:
        """Answer from another world from now on; calls that hang in the old one wake."""
        if self.world is not None:
            self.world.hanging.set()
        if world is not None and self.ticking:
            world.clock.tick()
        self.world = world

    def __enter__(self) -> Self:
        """Serve in a thread until the block ends."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving and wake what hangs."""
        if self.world is not None:
            self.world.hanging.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one write for head and body …
    disable_nagle_algorithm = True  # … and no wait for an acknowledgement: 2 ms a call instead of 45
    server: Gateway

    def log_message(self, *_: Any) -> None:
        """Silence: the ledger says what was called."""

    def handle_any(self) -> None:
        """One request, whatever its method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if self.path == "/_world" or self.path.startswith("/_world/"):
            response = self.control(body)
        else:
            response = self.aws(body) or self.proxied(body)
        try:
            self.write(response)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client lost its patience: nobody is left to tell

    def __getattr__(self, name: str) -> Any:
        """Every HTTP method (`do_GET`, `do_POST`, …) goes the same way."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def write(self, response: Response) -> None:
        """Send an answer."""
        self.send_response(response.status)
        for key, value in response.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def aws(self, body: bytes) -> Response | None:
        """The World's answer, or None when the emulator should give one."""
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        service = by_signing_name(scope[2]) if scope else None
        world = self.server.world
        if world is None or scope is None or service is None:
            return None
        request = Request.from_primitives(self.command, self.server.url + self.path, dict(self.headers.items()), body)
        try:
            return respond(world, service, request, caller=scope[1])
        except HTTPException:
            return None  # no operation of the service's: a data plane path that the router does not know
        except WorldError as error:
            return refused(service, request, "WorldError", str(error))
        except HungError:
            return refused(service, request, "WorldClosed", "this world was left while the call hung")

    def proxied(self, body: bytes) -> Response:
        """The emulator's answer."""
        upstream = self.server.upstream
        if upstream is None or upstream.hostname is None:
            return _failure("NoUpstream", "the World does not own this call, and there is no emulator behind it", 501)
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port or 80, timeout=_PATIENCE)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP - {"content-length"}}
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except OSError as error:
            return _failure("UpstreamFailed", f"the emulator did not answer: {error}", 502)
        finally:
            connection.close()
        kept = {key: value for key, value in answer.getheaders() if key.lower() not in _HOP}
        return Response(answer.status, kept, data)

    def control(self, body: bytes) -> Response:
        """`/_world…`: the clock, the ledger, another world."""
        try:
            return _json(200, self.controlled(json.loads(body or b"{}")))
        except (ValueError, KeyError, TypeError) as error:
            return _json(400, {"error": str(error)})

    def controlled(self, given: dict[str, Any]) -> dict[str, Any]:
        """What a control request asks for. Raises ValueError or KeyError for what it cannot be."""
        server = self.server
        match (self.command, self.path):
            case ("POST", "/_world/load"):
                now = given.get("now")
                at = datetime.now(UTC) if now == "real" else datetime.fromisoformat(now) if now else None
                server.swap(load_world(given["path"], at))
            case ("POST", "/_world/clock"):
                self.loaded().clock.advance(span(given["advance"]))
            case ("GET", "/_world/ledger"):
                world = self.loaded()
                return {"calls": world.ledger.as_json(), "errors": [str(error) for error in world.errors]}
            case ("GET", "/_world"):
                pass
            case _:
                raise ValueError(f"no such control: {self.command} {self.path}")
        world = self.loaded()
        return {"title": world.head.title, "now": world.clock.now().isoformat()}

    def loaded(self) -> World:
        """The world, or a ValueError when none is loaded."""
        if self.server.world is None:
            raise ValueError("no world is loaded")
        return self.server.world


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(document, default=str).encode())


def _failure(code: str, message: str, status: int = 400) -> Response:
    """An error of the gateway's own, about a call that nobody could read."""
    text = json.dumps({"__type": code, "message": message}).encode()
    return Response(status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}, text)


def _start(path: Path | str | None, now: str | None) -> World | None:
    if path is None:
        return None
    at = datetime.now(UTC) if now == "real" else datetime.fromisoformat(now) if now else None
    return load_world(path, at)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local.world.gateway", description="The World on loopback HTTP.")
    parser.add_argument("--world", metavar="FILE")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--upstream", metavar="URL")
    parser.add_argument("--now", metavar="TIME", help="`real`, or a time: all times of the world move there")
    parser.add_argument("--ticking", action="store_true", help="the world's clock follows real seconds")
    options = parser.parse_args(arguments)
    try:
        world = _start(options.world, options.now)
    except WorldFileError as error:
        print(error, file=sys.stderr)
        return 1
    gateway = Gateway(world, options.port, options.upstream, ticking=options.ticking)
    print(f"listening on {gateway.url}", flush=True)
    try:
        gateway.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        gateway.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
