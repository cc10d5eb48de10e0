"""Three senders in processes of their own share an edition on PostgreSQL; one is killed in the middle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.model import EditionStatus
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import load
from digest.store.engine import open_store
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.shares.machines import SECRET, everyone_exactly_one, machine, running, subscribe
from tests.steps.newsletter_setup import WEEK, set_up

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
SUBSCRIBERS = 300


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with serving() as started:
        yield started


@pytest.fixture
def context(
    tmp_path: Path, postgres_url: str, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    """An approved edition for 300 subscribers, on the first machine."""
    monkeypatch.setenv("DIGEST_SECRET_KEY", SECRET)
    folder = tmp_path / "first"
    folder.mkdir()
    store = open_store(postgres_url)
    tables = {
        "smtp": {"port": server.port, "connections": 6},
        "scale": {"shares": 3},
        "store": {"url": postgres_url},
    }
    with (
        set_up(folder, store, sources=("Working at Estuary",), tables=tables) as newsletter,
        ParsePool() as parsers,
    ):
        ready = newsletter.context
        subscribe(ready, SUBSCRIBERS)
        collect(ready, week=WEEK, parsers=parsers)
        compose(ready, WEEK)
        approve(ready, WEEK, by="editor")
        yield ready
    store.close()


def logs(folders: list[Path]) -> list[str]:
    return [path.read_text() if (path := one / "log").exists() else "" for one in folders]


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.thorough
def test_a_killed_share_is_taken_over_and_everyone_has_one(
    context: Context, server: SmtpServer, tmp_path: Path
) -> None:
    folders = [tmp_path / "first", machine(tmp_path / "first", "second"), machine(tmp_path / "first", "third")]
    with ExitStack() as open_:
        server.delay = lambda: 0.2  # for each reply, until all of them are there
        senders = [open_.enter_context(running(one, context, "send", str(WEEK))) for one in folders]
        wait_for(lambda: all("that send" in log for log in logs(folders)))
        server.delay = lambda: 0.02
        wait_for(lambda: len(server.accepted) > SUBSCRIBERS // 3)
        first = next(number for number, log in enumerate(logs(folders)) if "one of 1 that send" in log)
        senders[first].kill()
        codes = [one.wait(120) for number, one in enumerate(senders) if number != first]
    assert set(codes) <= {0, 3}, logs(folders)  # 3: some deliveries are uncertain
    assert load(context, WEEK).status is EditionStatus.SENT, logs(folders)
    counts = everyone_exactly_one(context, server, WEEK, SUBSCRIBERS)
    assert counts.uncertain <= 6  # what the killed one had under way
    assert server.most_open <= 6
