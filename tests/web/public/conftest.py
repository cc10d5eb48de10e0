"""What the tests of the public pages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store.engine import Store
from tests.mail.smtp.smtp_server import serving
from tests.web.public.public_pages import PublicPages


@pytest.fixture
def site(tmp_path: Path, store: Store) -> Iterator[PublicPages]:
    with serving() as server:
        yield PublicPages(tmp_path, store, server)
