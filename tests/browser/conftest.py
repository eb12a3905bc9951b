from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.browser import Browser
from tests.browser.driver import Driver, driver


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Chromium; its absence fails the test, with what to do."""
    return Browser(tmp_path)


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Driver]:
    """A tab of Chromium to click and type in."""
    with driver(tmp_path / "profile") as found:
        yield found
