"""A report's documents in S3, and the links to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lambdas.checks import links
from lambdas.reviews import codec, html, markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.aws import Aws
    from lambdas.reviews.model import Report
    from lambdas.reviews.slots import Slot

PREFIX = "reviews/"
# Seconds that a link works. It is signed with the function's own credentials and ends with them at the latest (Amazon
# S3 User Guide, "Sharing objects with presigned URLs"); the object itself stays.
LINK = 12 * 60 * 60
TYPES = {"html": "text/html", "md": "text/markdown", "json": "application/json"}
LABELS = {"html": "report", "md": "Markdown", "json": "JSON"}


def key(slot: Slot, ending: str) -> str:
    """Where a slot's document is."""
    return f"{PREFIX}{slot.kind}/{slot.id}/report.{ending}"


def forms(report: Report) -> dict[str, str]:
    """The page, the Markdown and the JSON, by their endings."""
    return {
        "html": html.page(report),
        "md": markdown.page(report),
        "json": json.dumps(codec.document(report), ensure_ascii=False, indent=1) + "\n",
    }


def store(aws: Aws, bucket: str, report: Report) -> None:
    """Write all three; the same slot's are replaced."""
    for ending, text in forms(report).items():
        aws.s3.put_object(
            Bucket=bucket,
            Key=key(report.slot, ending),
            Body=text.encode(),
            ContentType=f"{TYPES[ending]}; charset=utf-8",
            CacheControl="private, no-store",
        )


def addresses(aws: Aws, bucket: str, slot: Slot) -> Mapping[str, str]:
    """Links by their labels: three that expire, and the console's, which needs a sign-in and does not."""
    found = {
        LABELS[ending]: aws.s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key(slot, ending)}, ExpiresIn=LINK
        )
        for ending in TYPES
    }
    console = f"{links.console(aws.region)}/s3/object/{bucket}?region={aws.region}&prefix={key(slot, 'html')}"
    return found | {"in S3 (sign in)": console}
