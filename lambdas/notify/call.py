"""A call or a pager through somebody's webhook, signed (`docs/integration.md`).

    X-Tocsin-Timestamp: 1795489560
    X-Tocsin-Delivery:  INC-20261124-3f9a1c22/call#0#201       the same whenever the same call is asked for again
    X-Tocsin-Signature: v1=<hex HMAC-SHA256 of "v1:<timestamp>:<body>">

A receiver that has seen a delivery must not ring again. 2xx: taken. 408, 425, 429, 5xx or no answer: tried again.
Anything else, a redirect too: refused.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lambdas.errors import ChannelError
from lambdas.notify.rows import Page
from lambdas.notify.words import spoken

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim
    from lambdas.settings import Settings

VERSION = 1
TIMEOUT = 8.0  # seconds; shorter than the row's lease
LONGEST = 64_000  # bytes read of an answer
SHORTEST_KEY = 16  # characters of a signing key
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
AGAIN = frozenset({408, 425, 429})


def send(house: House, claim: Claim, incident: Incident) -> str:
    """Ask for one call. Returns what the receiver calls it (`id` of a JSON answer), where it says so."""
    channels = house.settings.channels
    page = Page.of(claim.post)
    delivery = f"{claim.incident}/{claim.post.key}"
    body = json.dumps(asked(delivery, incident, page, house.settings), separators=(",", ":"), sort_keys=True).encode()
    at = int(house.clock())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "tocsin",
        "X-Tocsin-Delivery": delivery,
        "X-Tocsin-Timestamp": str(at),
        "X-Tocsin-Signature": signature(_key(house), at, body),
    }
    return _post(channels.call_url, body, headers)


def asked(delivery: str, incident: Incident, page: Page, settings: Settings) -> dict[str, object]:
    """The webhook's body."""
    return {
        "version": VERSION,
        "delivery": delivery,
        "reason": page.change,
        "to": {"name": page.name, "phone": page.to, "level": page.level},
        "say": spoken(incident, page, settings),
        "incident": {
            "id": incident.id,
            "severity": incident.judged.severity,
            "status": incident.status,
            "service": incident.judged.service,
            "impact": incident.judged.impact,
            "customer": settings.customer,
            "environment": settings.environment,
            "opened_at": incident.opened_at,
        },
    }


def signature(key: str, at: int, body: bytes) -> str:
    """What stands in X-Tocsin-Signature."""
    return "v1=" + hmac.new(key.encode(), b"v1:%d:" % at + body, hashlib.sha256).hexdigest()


def _key(house: House) -> str:
    """The signing key: the secret is the key itself, or JSON with a field `signing_key`. Its text is in no message."""
    secret = house.settings.channels.call_secret
    text = house.aws.secretsmanager.get_secret_value(SecretId=secret).get("SecretString", "").strip()
    if text.startswith("{"):
        try:
            text = str(json.loads(text).get("signing_key", ""))
        except ValueError:
            text = ""
    if len(text) < SHORTEST_KEY:
        raise ChannelError(
            f"the secret {secret} must hold a key of at least {SHORTEST_KEY} characters, or JSON with a field "
            "'signing_key'",
            again=False,
        )
    return text


def _post(url: str, body: bytes, headers: dict[str, str]) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ChannelError("channels.call.url must begin with https://", again=False)
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        said = response.read(LONGEST)
    except (OSError, http.client.HTTPException) as error:
        raise ChannelError(f"{host} does not answer: {type(error).__name__}", again=True) from error
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise ChannelError(
            f"{host} answers {response.status}", again=response.status in AGAIN or response.status >= 500
        )
    try:
        answer = json.loads(said)
    except ValueError:
        return ""
    return str(answer.get("id", ""))[:200] if isinstance(answer, dict) else ""
