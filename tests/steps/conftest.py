"""What the tests of the steps share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.collect.parse_in_workers import ParsePool


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParsePool]:
    """Processes that read feeds: starting one takes longer than most of what is collected here."""
    with ParsePool() as started:
        yield started
