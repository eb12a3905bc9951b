"""Is a request from Slack? HMAC-SHA256 over `v0:{timestamp}:{raw body}` with the app's signing secret.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from lambdas.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW = 5 * 60  # seconds that a request may be old, or early: clocks differ


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> int:
    """Check one request. Returns when Slack signed it, epoch seconds.

    Args:
        secret: the app's signing secret; never empty.
        headers: with names in lower case, as a function URL gives them.
        body: the raw body, byte for byte.
        now: epoch seconds.

    Raises:
        Refused: 401 without a signature or with a wrong one, 403 for one that is too old (a replay).
    """
    written, given = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not secret or not given or not (written.isascii() and written.isdigit() and len(written) <= 12):
        raise Refused(401, "not signed")
    expected = sign(secret, written, body)
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise Refused(401, "signed with another secret, or changed on its way")
    if abs(now - int(written)) > WINDOW:
        raise Refused(403, "signed too long ago")
    return int(written)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature as Slack writes it: `v0=` and hexadecimal digits."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return f"v0={digest.hexdigest()}"
