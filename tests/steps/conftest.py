"""What the tests of the steps share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.demo.sample_web import SampleWeb
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.newsletter_setup import WEEK
from tests.steps.ready_weeks import ReadyWeeks


@pytest.fixture(scope="session")
def parsers() -> Iterator[ParsePool]:
    """Processes that read feeds: starting one takes longer than most of what is collected here."""
    with ParsePool() as started:
        yield started


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def weeks(tmp_path_factory: pytest.TempPathFactory, parsers: ParsePool) -> Iterator[ReadyWeeks]:
    """Weeks to copy."""
    with SampleWeb(WEEK) as web:
        yield ReadyWeeks(tmp_path_factory.mktemp("weeks"), web, parsers)
