"""A replay for people: what was decided, why, and what Slack got, in plain terminal text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from lambdas.diagnosis.model import NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
MARK = {"confirmed": "●", "likely": "◐", "possible": "○", "ruled_out": "✗", "could_not_check": "?"}


def show(replay: dict[str, Any]) -> str:
    """Render the replay's JSON object."""
    return "\n".join(_lines(replay)) + "\n"


def _lines(replay: dict[str, Any]) -> Iterator[str]:
    alert, judged = replay["alert"], replay["classification"]
    yield f"\nALERT      {alert['name']}  {alert['state']}  ({alert['source']}, {alert['at']})"
    if replay["preceded_by"]:
        yield f"           after {replay['preceded_by']}"
    if judged:
        yield f"TRIAGE     severity {judged['severity']}, {judged['tier']}, {judged['scope']}: {judged['service']}"
        yield from _wrapped("           ", judged["impact"])
        for why in judged["why"]:
            yield from _wrapped("           · ", why)
    incident = replay["incident"]
    yield f"INCIDENT   {incident['id']}  {incident['status']}" if incident else f"INCIDENT   none: {replay['outcome']}"
    causes = replay["diagnosis"]["causes"]
    if causes:
        yield "DIAGNOSIS"
    for number, cause in enumerate(causes):
        if cause["verdict"] in {"ruled_out", "could_not_check"}:
            continue
        effect = f"  (effect of {cause['effect_of']})" if cause["effect_of"] else ""
        yield f"  {MARK[cause['verdict']]} {cause['verdict']:<10} {cause['id']}{effect}"
        yield from _wrapped("      ", cause["summary"])
        if number == 0:
            for fact in cause["evidence"]:
                yield from _wrapped(
                    "      - ", f"{fact['text']} [{fact['source']}]" if fact["source"] else fact["text"]
                )
            for action in cause["actions"]:
                yield from _wrapped("      → ", action["text"])
    for verdict, title in (("ruled_out", "ruled out"), ("could_not_check", "could not check")):
        names = [cause["id"] for cause in causes if cause["verdict"] == verdict]
        if names:
            yield from _wrapped(f"  {MARK[verdict]} {title}: ", ", ".join(names))
    yield from _holes(replay["diagnosis"]["steps"])
    yield "SLACK"
    for call in replay["slack"]:
        said = " ".join(str(call["payload"].get("text", "")).split())
        place = "  (thread)" if call["payload"].get("thread_ts") else ""
        result = "" if call["ok"] else f"  FAILED: {call['error']}"
        yield f"  {call['method']:<18}{textwrap.shorten(said, WIDTH - 20, placeholder=' …')}{place}{result}"
    timings = replay["timings"]
    yield (
        f"TIME       first post {timings['first_post_ms']:.0f} ms, diagnosis {timings['diagnosis_ms']:.0f} ms, "
        f"{len(replay['aws'])} AWS calls\n"
    )


def _holes(steps: list[dict[str, Any]]) -> Iterator[str]:
    runs = {run["title"]: run["why"] for step in steps for run in step["checks"] if run["why"]}
    follow = {title for title, why in runs.items() if why.startswith(NEEDS)}
    for title, why in sorted(runs.items()):
        if title not in follow:
            yield from _wrapped("    could not look: ", f"{title}: {why}")
    if follow:
        yield from _wrapped("    and so neither: ", "; ".join(sorted(follow)))


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [lead.rstrip()]
