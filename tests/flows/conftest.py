"""One Prefect server and one sample web for all tests of the flows: a server takes half a minute to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.demo.prefect_server import PrefectServer, prefect_server
from digest.demo.sample_web import SampleWeb
from tests.flows.prefect_setup import WEEK, environment


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with environment(), prefect_server(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture(scope="session")
def web() -> Iterator[SampleWeb]:
    with SampleWeb(WEEK) as running:
        yield running
