"""Where the workers of a session keep the runs of worlds that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow import worlds

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="session")
def _runs_are_shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[None]:
    base = tmp_path_factory.getbasetemp()  # a worker's own, below the session's
    worlds.KEPT = (base if worker_id == "master" else base.parent) / "worlds"
    worlds.KEPT.mkdir(exist_ok=True)
    yield
    worlds.KEPT = None
