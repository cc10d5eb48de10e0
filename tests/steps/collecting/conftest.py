"""Newsletters whose sources are on a test server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.store.engine import Store, open_store
from tests.steps.collecting.newsroom import Newsroom
from tests.web_of_feeds import Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as serving:
        yield serving


@pytest.fixture
def room(migrated_sqlite: Path, web: Web, tmp_path: Path, parsers: ParsePool) -> Iterator[Newsroom]:
    shutil.copy(migrated_sqlite, tmp_path / "digest.db")
    opened = open_store(f"sqlite:///{tmp_path / 'digest.db'}", migrate=False)
    yield Newsroom(opened, web, tmp_path, parsers)
    opened.close()


@pytest.fixture
def room_anywhere(store: Store, web: Web, tmp_path: Path, parsers: ParsePool) -> Newsroom:
    """On SQLite and on PostgreSQL."""
    return Newsroom(store, web, tmp_path, parsers)


@pytest.fixture
def blog(room: Newsroom) -> Newsroom:
    """One source, Blog, at /feed; its site is the server's root."""
    room.follow("Blog", room.web.url("/feed"), site=room.web.url("/"))
    return room
