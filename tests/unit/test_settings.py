"""What a function reads of its environment beside the settings themselves (tests/unit/infra/test_environment.py)."""

from __future__ import annotations

import logging

import pytest

from lambdas.settings import log_level


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("DEBUG", logging.DEBUG),
        ("WARN", logging.WARNING),
        ("ERROR", logging.ERROR),
        ("TRACE", logging.INFO),
        ("", logging.INFO),
    ],
)
def test_the_function_logs_at_the_level_that_it_is_configured_for(
    said: str, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", said)
    assert log_level() == level
