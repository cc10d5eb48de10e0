"""What the tests of backups share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.conftest import database


@pytest.fixture
def empty_postgres_url(postgres: Engine) -> Iterator[str]:
    """An empty database beside the test's own."""
    with database(postgres) as url:
        yield url
