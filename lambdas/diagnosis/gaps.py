"""The one place that turns what went wrong in a check into words: 'could not look: why'."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)

from lambdas.errors import BudgetSpent, NoAnswer, NoTable

if TYPE_CHECKING:
    from lambdas.checks.base import Allow

log = logging.getLogger(__name__)

_DENIED = re.compile(r"AccessDenied|Unauthorized|NotAuthorized|Forbidden|AuthFailure|OptInRequired")
_THROTTLED = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException$")
_CREDENTIALS = re.compile(
    r"ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch"
)
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")


class Declared(Protocol):
    """What looks at AWS and says what it may do: a check, or a part of a review."""

    @property
    def id(self) -> str:
        """Its public name."""

    @property
    def allow(self) -> tuple[Allow, ...]:
        """The IAM actions that it uses."""


def why(error: BaseException, check: Declared) -> str:
    """Say why a check could not look, in a few words for people. Logs what is our own fault, with its traceback."""
    if isinstance(error, ClientError):
        return _refused(error, check)
    if type(error).__name__ == "NoWorld":  # local/ raises it, and nothing here may import local/
        return "no world given"
    if isinstance(error, BudgetSpent | NoAnswer | NoTable):
        return str(error)
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "AWS did not answer in time"
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials"
    if isinstance(error, NoConnection):
        return f"no connection to AWS: {error}"[:200]
    if isinstance(error, BotoCoreError):
        return f"{type(error).__name__}: {error}"[:200]
    log.error("check %s crashed", check.id, exc_info=error)
    return f"the check failed: {type(error).__name__}: {error}"[:200]


def _refused(error: ClientError, check: Declared) -> str:
    code = str(error.response.get("Error", {}).get("Code", "")) or "error"
    message = str(error.response.get("Error", {}).get("Message", ""))
    if code == "NoWorld":
        return "no world given"
    if code == "SubscriptionRequiredException":
        return "the account's support plan does not include it"
    if _CREDENTIALS.search(code):
        return f"credentials refused: {code}"
    if _DENIED.search(code):
        return f"access denied: {_action(error.operation_name, message, check)}"
    if _THROTTLED.search(code):
        return f"throttled: {_action(error.operation_name, message, check)}"
    return f"{error.operation_name}: {code}: {message}"[:200]


def _action(operation: str, message: str, check: Declared) -> str:
    """The IAM action: as AWS names it, else as the check declares it, else the bare operation."""
    if said := _ACTION.search(message):
        return said[1]
    declared = (a.action for a in check.allow if a.action.partition(":")[2] == operation)
    return next(declared, operation)
