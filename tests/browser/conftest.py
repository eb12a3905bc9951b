from pathlib import Path

import pytest

from tests.browser.browser import Browser


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Chromium; its absence fails the test, with what to do."""
    return Browser(tmp_path)
