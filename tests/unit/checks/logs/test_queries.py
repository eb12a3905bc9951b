from __future__ import annotations

from lambdas.checks.logs.queries import QUERIES
from local.world.insights_parse import parse


def test_names_are_unique_and_each_has_its_section() -> None:
    names = [query.name for query in QUERIES]
    assert sorted(set(names)) == sorted(names)
    assert all(query.section.startswith("Appendix: ") for query in QUERIES)


def test_the_runbooks_words_are_kept() -> None:
    texts = {query.name: query.text for query in QUERIES}
    assert '| filter @level = "ERROR"\n| stats count() by @service' in texts["error-analysis"]
    assert "avg(ResponseTime), max(ResponseTime), count() by bin(5m)" in texts["performance-analysis"]
    assert "| filter @message like /authentication failed/" in texts["security-event-monitoring"]


def test_what_is_asked_is_valid_insights() -> None:
    assert all(parse(query.asked) for query in QUERIES)
