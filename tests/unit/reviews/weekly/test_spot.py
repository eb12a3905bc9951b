"""Who is not critical: tags first, names second, and a tag that says 'production' ends it."""

from __future__ import annotations

import pytest

from lambdas.reviews.weekly.spot import judged


@pytest.mark.parametrize(
    ("name", "cluster", "tags", "why"),
    [
        ("web", "main", {}, ""),
        ("web", "main", {"Environment": "Staging"}, "its tag environment says staging"),
        ("web", "main", {"acme:tier": "batch"}, "its tag tier says batch"),
        ("web", "main", {"team": "test"}, ""),  # no key that says how critical it is
        ("web-staging", "main", {}, "the service's name says staging"),
        ("web", "dev", {}, "the cluster's name says dev"),
        ("web-demo", "main", {"env": "prod"}, ""),
        ("web-demo", "main", {"env": "test", "criticality": "high"}, ""),
        ("developer-portal", "main", {}, ""),  # only whole words
        ("contest", "latest", {}, ""),
    ],
)
def test_judged(name: str, cluster: str, tags: dict[str, str], why: str) -> None:
    assert judged(name, cluster, tags) == why
