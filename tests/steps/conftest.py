"""What the tests of the steps share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.collect.parse_in_workers import ParsePool
from tests.mail.smtp.smtp_server import SmtpServer, serving


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParsePool]:
    """Processes that read feeds: starting one takes longer than most of what is collected here."""
    with ParsePool() as started:
        yield started


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with serving() as running:
        yield running
