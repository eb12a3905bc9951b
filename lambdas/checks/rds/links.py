"""Console deep links of databases. Pure."""

from __future__ import annotations

from urllib.parse import quote

from lambdas.checks.links import console


def database(region: str, name: str, *, cluster: bool = False) -> str:
    """An instance or a cluster."""
    page = f"#database:id={quote(name, safe='')};is-cluster={str(cluster).lower()}"
    return f"{console(region)}/rds/home?region={region}{page}"


def cluster(region: str, name: str) -> str:
    """A cluster."""
    return database(region, name, cluster=True)


def insights(region: str, resource_id: str, name: str) -> str:
    """Performance Insights of an instance."""
    page = f"/resourceId/{quote(resource_id, safe='')}/resourceName/{quote(name, safe='')}"
    return f"{console(region)}/rds/home?region={region}#performance-insights-v20206:{page}"


def events(region: str) -> str:
    """The events of RDS."""
    return f"{console(region)}/rds/home?region={region}#event-list:"


def parameter_group(region: str, name: str) -> str:
    """A parameter group."""
    return f"{console(region)}/rds/home?region={region}#parameter-groups-detail:ids={quote(name, safe='')}"
