"""The results of a Logs Insights query, looked for a few times: each look is one of the diagnosis' AWS calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambdas.checks.base import Look

WAITS = (0.5, 1.0, 2.0, 4.0)  # seconds between two looks; most queries over an hour end within two
LOOKS = len(WAITS) + 1
UNFINISHED = ("Scheduled", "Running")


def results(look: Look, query: str) -> dict[str, Any]:
    """GetQueryResults' answer once the query has ended, or the last one: its `status` says which."""
    answer: Any = look.aws.logs.get_query_results(queryId=query)
    for wait in WAITS:
        if answer.get("status") not in UNFINISHED:
            break
        time.sleep(wait)
        answer = look.aws.logs.get_query_results(queryId=query)
    return dict(answer)
