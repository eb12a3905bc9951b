"""Where documents are kept in the bucket of documents (`docs/postmortems.md`)."""

from __future__ import annotations

from datetime import UTC, datetime

from lambdas import console

POSTMORTEMS = "postmortems/"
KNOWLEDGE = "knowledge/"


def folder(incident: str, opened_at: int) -> str:
    """The folder of one incident's post-mortem, e.g. `postmortems/2026/11/INC-20261124-3f9a1c22/`."""
    return f"{POSTMORTEMS}{datetime.fromtimestamp(opened_at, UTC):%Y/%m}/{incident}/"


def postmortem(incident: str, opened_at: int) -> str:
    """The key of one incident's post-mortem. After a reopening it is written anew; the bucket keeps the former."""
    return f"{folder(incident, opened_at)}postmortem.md"


def page(cause: str) -> str:
    """The key of a cause's page in the knowledge base, e.g. `knowledge/ecs.image_missing.md`."""
    return f"{KNOWLEDGE}{cause}.md"


def address(region: str, bucket: str, key: str) -> str:
    """An object in the console: it needs a sign-in, and does not expire."""
    return console.console(region, f"s3/object/{bucket}?region={region}&prefix={key}")
