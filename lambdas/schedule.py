"""An external on-call schedule, asked over https: whoever is on call there is told; else the configuration's people.

    GET <url>            Authorization: Bearer <the secret>
    200 {"1": [{"name": "Ana", "slack": "U…", "email": "…", "phone": "+…"}], "2": […]}

Asked at most once in five minutes and for at most two seconds: a page never waits for it longer than that.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.settings import Contact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.aws import Aws
    from lambdas.settings import Settings

FRESH = 5 * 60  # seconds
TIMEOUT = 2.0  # seconds
LARGEST = 100_000  # bytes
FIELDS = ("name", "slack", "email", "phone")

log = logging.getLogger("tocsin")

type People = Mapping[str, tuple[Contact, ...]]


class External:
    """One schedule, with what it said last. Calling it never raises.

    Attributes:
        trouble: why it could not be asked, for people; empty where all is well.
    """

    def __init__(
        self,
        settings: Settings,
        aws: Aws,
        clock: Callable[[], float],
        fetch: Callable[[str, str], bytes] | None = None,
    ) -> None:
        self.trouble = ""
        self._settings, self._aws, self._clock, self._fetch = settings, aws, clock, fetch or get
        self._asked_at: float | None = None
        self._people: People = {}

    def __call__(self) -> People:
        """The people by level; empty where the schedule did not answer, so that the configuration's are taken."""
        now = self._clock()
        if self._asked_at is None or now - self._asked_at >= FRESH:
            self._asked_at = now
            self._people, self.trouble = self._ask()
        return self._people

    def _ask(self) -> tuple[People, str]:
        try:
            answer = self._aws.secretsmanager.get_secret_value(SecretId=self._settings.schedule_secret)
            return people(self._fetch(self._settings.schedule, answer["SecretString"].strip())), ""
        except ClientError as error:
            why = error.response["Error"]["Code"]
        except (OSError, http.client.HTTPException, BotoCoreError, ValueError, KeyError) as error:
            why = type(error).__name__  # its text may hold the address or the secret
        log.error("the on-call schedule did not answer", extra={"why": why})
        return {}, "the on-call schedule did not answer; this is the configuration's"


def people(answer: bytes) -> People:
    """Read an answer. Raise ValueError where it is not of the documented shape, or names nobody."""
    held = json.loads(answer)
    if not isinstance(held, dict):
        raise ValueError("not an object")  # noqa: TRY004 — one kind of error for one kind of trouble
    found = {str(level): tuple(_contact(each) for each in those) for level, those in held.items() if those}
    if not found:
        raise ValueError("names nobody")
    return found


def _contact(raw: Any) -> Contact:
    if not isinstance(raw, dict) or not raw.get("name"):
        raise ValueError("a person without a name")
    name, slack, email, phone = (str(raw.get(field) or "")[:200] for field in FIELDS)
    return Contact(name=name, slack=slack, email=email, phone=phone)


def get(url: str, secret: str) -> bytes:
    """One GET, without redirects. Raise OSError or HTTPException where there is no good answer."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("only https")
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT, context=context)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"})
        response = connection.getresponse()
        body = response.read(LARGEST + 1)
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK or len(body) > LARGEST:
        raise http.client.HTTPException(f"status {response.status}")
    return body
