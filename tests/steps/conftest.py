"""What the tests of the steps share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.collect.parse_pool import Parsers


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    """Processes that read feeds: starting one takes longer than most of what is collected here."""
    with Parsers() as started:
        yield started
