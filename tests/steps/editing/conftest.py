"""A composed week for the tests of editing: composed once, copied for each test, without a server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomlkit

from digest.settings import Secrets, load_settings
from digest.steps.context import Context
from digest.store.engine import open_store
from tests.steps.newsletter_setup import NOW


@pytest.fixture
def draft(composed_week: Path, tmp_path: Path) -> Iterator[Context]:
    """A context whose store has a composed week."""
    folder = shutil.copytree(composed_week, tmp_path / "draft")
    path = folder / "digest.toml"
    document = tomlkit.parse(path.read_text("utf-8"))
    document["store"] = {"url": f"sqlite:///{folder / 'digest.db'}"}
    path.write_text(tomlkit.dumps(document), "utf-8")
    settings = load_settings(path, Secrets(_env_file=None))
    store = open_store(settings.store_url)
    yield Context(settings, store, lambda: NOW)
    store.close()
