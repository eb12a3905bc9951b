"""Takes a chart into an incident's thread, as a file.

A chart is chatter. It comes after the report, its failures touch nothing else, and after three tries the thread goes
without. Slack processes files asynchronously and takes no metadata with them, so a row that was tried before is looked
for by its file's name; where that is impossible it is given up rather than shown twice.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from lambdas.errors import SlackBusy, SlackError
from lambdas.slack import files
from lambdas.slack.text import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.diagnosis.chart import Chart
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim, Store
    from lambdas.slack.client import Slack

TRIES = 3
WAIT = 60  # seconds to the next try: by then Slack has processed what it got

log = logging.getLogger("tocsin")


class Charts:
    """The outbox's `chart` rows."""

    def __init__(self, store: Store, slack: Slack, clock: Callable[[], float] = time.time) -> None:
        self._store, self._slack, self._clock = store, slack, clock

    def deliver(self, id_: str, find: Callable[[int], Chart | None], draw: Callable[[str], bytes]) -> None:
        """Take an incident's due charts into its thread, after the report. Raises only what the store raises.

        Args:
            id_: the incident.
            find: the chart of a reopening (0: the first time), None where it is lost.
            draw: a widget's picture, as PNG.
        """
        rows = self._store.unsent(id_)
        if any(row.kind == "diagnosis" for row in rows):
            return  # the report comes first; the row stays due, and pulse brings it again
        for row in [row for row in rows if row.kind == "chart"]:
            claim = self._store.claim(id_, row, int(self._clock()))
            incident = self._store.incident(id_)
            if claim is None or incident is None:
                continue
            try:
                found = find(row.reopen)
                ts = self._attempt(claim, incident, found, draw) if found and claim.attempt <= TRIES else ""
            except Exception as error:  # noqa: BLE001 — whatever it is: nothing else may suffer from a picture
                self._failed(claim, error)
            else:
                self._store.sent(claim, ts)

    def _failed(self, claim: Claim, error: Exception) -> None:
        more = claim.attempt < TRIES
        log.warning(
            "no chart yet" if more else "no chart: given up",
            extra={"incident": claim.incident, "attempt": claim.attempt, "why": f"{type(error).__name__}: {error}"},
        )
        if more:
            wait = int(error.retry_after) + 1 if isinstance(error, SlackBusy) else WAIT * claim.attempt
            self._store.release(claim, int(self._clock()), wait)
        else:
            self._store.sent(claim, "")

    def _attempt(self, claim: Claim, incident: Incident, chart: Chart, draw: Callable[[str], bytes]) -> str:
        """Upload it unless a former attempt did. Returns the message's timestamp where that is known."""
        if not incident.ts:
            raise SlackError("files.completeUploadExternal", "no_root_message", "the root message is not posted yet")
        name = f"{claim.incident}-chart-{claim.post.reopen}.png"
        if claim.attempt > 1:
            try:
                if found := files.find(self._slack, incident, name):
                    return found
            except SlackBusy:
                raise
            except SlackError as error:
                log.warning("cannot look it up: no chart", extra={"incident": claim.incident, "why": str(error)})
                return ""
        share(self._slack, incident, name, chart, draw(chart.widget))
        return ""


def share(slack: Slack, incident: Incident, name: str, chart: Chart, picture: bytes) -> None:
    """Upload a picture into an incident's thread, with words for who cannot see it. Raises as `files.share`."""
    comment = f"📈 {escape(chart.alt, 1500)}"
    files.share(slack, incident, name, picture, title=chart.title, comment=comment, alt=chart.alt)
