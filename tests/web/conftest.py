"""The served desk, for the tests of the desk and of the browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.desk_server import ServedDesk, serve_desk


@pytest.fixture
def desk(composed_week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path / "desk") as desk:
        yield desk


@pytest.fixture(scope="module")
def still_desk(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """One desk for all tests of a module that only read."""
    with serve_desk(composed_week, tmp_path_factory.mktemp("still")) as desk:
        yield desk
