"""Puts recordings into their bucket. It comes last, and what fails here is logged and nothing more."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lambdas.recorder.pack import pack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.aws import Aws
    from lambdas.recorder.flight import Flight

log = logging.getLogger("tocsin")


def keep(flights: Iterable[Flight], aws: Aws, bucket: str) -> list[str]:
    """Store them. Returns the keys that were written; a flight that cannot be stored is logged and left out."""
    written = []
    for flight in flights:
        try:
            aws.s3.put_object(
                Bucket=bucket,
                Key=flight.key,
                Body=pack(flight.document()),
                ContentType="application/json",
                ContentEncoding="gzip",
            )
        except Exception:
            log.exception("not recorded", extra={"incident": flight.incident})
        else:
            written.append(flight.key)
    return written
