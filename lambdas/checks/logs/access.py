"""What a line tells of a request: status, path, client, and whether somebody failed to prove who they are. Pure.

Access logs are JSON of any framework, the common and combined formats, or sentences of an application.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lambdas.checks.logs.signatures import read

type Proof = Literal["password", "token", ""]
"""What was refused: a secret that somebody typed or guessed, or a token, key or signature that a program sent."""

_STATUS = ("status", "statusCode", "status_code", "http_status", "httpStatus", "response_code", "code", "sc-status")
_PATH = ("path", "url", "uri", "request_path", "requestPath", "request_uri", "rawPath", "resourcePath", "cs-uri-stem")
_CLIENT = (
    "sourceIP", "@sourceIP", "sourceIp", "source_ip", "client_ip", "clientIp", "clientIP", "client", "remote_addr",
           "remoteAddr", "remote_ip", "remoteIp", "ip", "ipAddress", "x_forwarded_for", "x-forwarded-for", "c-ip",
           "src_ip", "peer")  # fmt: skip
_AGENT = ("agent", "userAgent", "user_agent", "user-agent", "http_user_agent")
_USER = ("user", "username", "userName", "login", "account", "principal", "userId", "user_id")
_METHOD = ("method", "httpMethod", "verb", "request_method")

_COMMON = re.compile(r"^(\S+) \S+ (\S+) \[[^\]]+\] \"([A-Z]+) (\S+)[^\"]*\" (\d{3})(?:.*\"([^\"]*)\"\s*$)?")
_REQUEST = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (/\S*)(?:[^\d\n]{1,40}?)\b([1-5]\d\d)\b")
_FROM = re.compile(r"\b(?:from|client|ip|addr|address|source)[ =:\"]{1,3}((?:\d{1,3}\.){3}\d{1,3})", re.IGNORECASE)
_ANY = re.compile(r"(?<![\w.])((?:\d{1,3}\.){3}\d{1,3})(?![\w.])")
_PASSWORD = re.compile(
    r"authentication fail|failed (?:password|login)|log-?in fail|invalid (?:password|credential|user|login)|"
    r"(?:bad|wrong|incorrect) (?:password|credential)|failed to authenticate|unknown user|no such user|brute",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"token|jwt|jws|signature|kid\b|expired|api.?key|session|issuer|audience|claims|hmac|certificate", re.IGNORECASE
)
_FAILED = re.compile(
    r"fail|invalid|denied|reject|refus|unauthor|expired|unknown|not (?:found|verif|trust|valid)|mismatch",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"password|login|user", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:invalid |unknown )?(?:user|account|login)(?:name)?[ =:'\"]{1,3}([\w.@+\-]{2,60})", re.IGNORECASE
)
_ID = re.compile(r"(?<=/)(?:\d+|[0-9a-fA-F-]{8,}|[\w-]*\d{3,}[\w-]*)(?=/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One request, as far as its line tells."""

    status: int | None = None
    method: str = ""
    path: str = ""  # without its query, ids replaced by *
    client: str = ""  # address
    agent: str = ""
    user: str = ""
    refused: Proof = ""
    failed_to_prove: bool = False  # authentication failed

    @property
    def client_error(self) -> bool:
        """Whether it was answered with 4XX."""
        return self.status is not None and 400 <= self.status < 500


def access(message: str) -> Access | None:
    """Read a line; None where it tells of no request at all."""
    said = read(message)
    if said.fields:
        found = _of_json(said.fields, said.text)
    elif common := _COMMON.match(message):
        client, user, method, path, status, agent = common.groups()
        found = Access(status=int(status), method=method, path=_path(path), client=client, agent=agent or "",
                       user="" if user == "-" else user)  # fmt: skip
    else:
        found = _of_text(message)
    failed, refused = _proof(said.text, found.status)
    named = _NAMED.search(said.text) if failed and not found.user else None
    if found == Access() and not failed:
        return None
    return Access(status=found.status, method=found.method, path=found.path, client=found.client, agent=found.agent,
                  user=named[1] if named else found.user, refused=refused, failed_to_prove=failed)  # fmt: skip


def _of_json(fields: Mapping[str, Any], text: str) -> Access:
    flat = {key.rpartition(".")[2]: value for key, value in fields.items()} | dict(fields)

    def first(names: tuple[str, ...]) -> str:
        return next((str(flat[name]) for name in names if flat.get(name) not in (None, "")), "")

    status = first(_STATUS)
    return Access(
        status=int(status) if status.isdigit() and len(status) == 3 else None,
        method=first(_METHOD),
        path=_path(first(_PATH)),
        client=first(_CLIENT).partition(",")[0].strip() or _address(text),
        agent=first(_AGENT),
        user=first(_USER),
    )


def _of_text(message: str) -> Access:
    request = _REQUEST.search(message)
    return Access(
        status=int(request[3]) if request else None,
        method=request[1] if request else "",
        path=_path(request[2]) if request else "",
        client=_address(message),
    )


def _address(text: str) -> str:
    found = _FROM.search(text) or _ANY.search(text)
    return found[1] if found else ""


def _path(path: str) -> str:
    path = re.sub(r"^https?://[^/]+", "", path).partition("?")[0]
    return _ID.sub("*", path)[:120]


def _proof(text: str, status: int | None) -> tuple[bool, Proof]:
    """(whether authentication failed, of what)."""
    if _PASSWORD.search(text):
        return True, "token" if _TOKEN.search(text) and not re.search(
            "password|login|user", text, re.IGNORECASE
        ) else "password"
    if _TOKEN.search(text) and (_FAILED.search(text) or status == 401):
        return True, "token"
    return status == 401, ""
