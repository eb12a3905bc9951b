"""Console deep links of DynamoDB. Pure."""

from __future__ import annotations

from urllib.parse import urlencode

from lambdas.checks.links import console


def table(region: str, name: str, tab: str = "monitoring") -> str:
    """A table; tabs: overview, indexes, monitoring, additionalSettings."""
    return f"{console(region)}/dynamodbv2/home?region={region}#table?{urlencode({'name': name, 'tab': tab})}"
