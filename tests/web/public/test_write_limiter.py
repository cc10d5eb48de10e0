"""The pages while somebody else holds the store: soon an answer, nothing lost, and whoever only looks is served."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import httpx
import pytest

from digest.errors import BusyError
from digest.model import EffectiveStatus
from digest.steps.mail_setup import Links
from digest.steps.subscribers import manage
from digest.store import subscribers as store_subscribers
from digest.store.engine import Store
from digest.web.public.write_limiter import WriteLimiter
from tests.web.public_server import Served, served


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as found:
        manage.add(found.context, "ada@example.org")
        yield found


@contextmanager
def held(store: Store) -> Iterator[None]:
    with store.writing() as connection:
        store_subscribers.alone(connection)
        yield


def standing(pages: Served, email: str) -> EffectiveStatus | None:
    return next((one.status for one in manage.everyone(pages.context) if one.email == email), None)


def test_a_locked_store(pages: Served) -> None:
    links = Links(pages.context.settings).of(1)
    one_click = {"List-Unsubscribe": "One-Click"}
    with httpx.Client(timeout=30, headers={"Accept-Language": "en"}) as client, ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(61))
        with held(pages.context.store):
            begun = time.monotonic()
            many = [pool.submit(client.post, links.unsubscribe, data=one_click) for _ in range(60)]
            asked = client.post(f"{pages.url}/subscribe", data={"email": "bo@example.org"})
            assert (asked.status_code, "Look into your mailbox" in asked.text) == (200, True)
            time.sleep(0.5)  # all of them wait by now
            looked = time.monotonic()
            for path in (links.preferences, links.unsubscribe, f"{pages.url}/subscribe", f"{pages.url}/healthz"):
                assert client.get(path).status_code == 200
            assert time.monotonic() - looked < 2, "who looks does not wait with them"
            answers = [one.result() for one in many]
            assert time.monotonic() - begun < 15
            assert {(one.status_code, one.headers.get("Retry-After")) for one in answers} == {(503, "60")}
            assert "still subscribed" in answers[0].text
            page = client.post(links.preferences, data={"act": "pause"})
            assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
            assert "nothing was changed" in page.text
        assert standing(pages, "ada@example.org") is EffectiveStatus.ACTIVE
        assert client.post(links.unsubscribe, data=one_click).status_code == 200
        assert standing(pages, "ada@example.org") is EffectiveStatus.LEFT
    assert "Please confirm" in pages.mail_to("bo@example.org", seconds=60), "what was asked is not lost"
    assert standing(pages, "bo@example.org") is EffectiveStatus.PENDING


def test_what_follows_an_answer_is_tried_again() -> None:
    said: list[str] = []
    failing = [BusyError("The store is locked."), BusyError("The store is locked.")]

    def keep() -> None:
        if failing:
            raise failing.pop()

    anyio.run(WriteLimiter(said.append, waits=(0.01, 0.02, 0.03)).after_response("A wish", keep))
    assert said == [
        "A wish could not be kept, and it is tried again in 0.01 seconds: The store is locked.",
        "A wish could not be kept, and it is tried again in 0.02 seconds: The store is locked.",
    ]
    said.clear()
    failing += [BusyError("Locked.")] * 3
    anyio.run(WriteLimiter(said.append, waits=(0.01,)).after_response("A wish", keep))
    assert said[-1] == "A wish could not be kept, and it is lost: Locked."


def test_who_gets_no_turn_is_told_so() -> None:
    """The turns are all taken by those who wait for something else."""
    free = threading.Event()

    async def crowd() -> None:
        turns = WriteLimiter(lambda _line: None, patience=0.2)
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(turns.run, free.wait, 20)
            await anyio.sleep(0.1)
            with pytest.raises(BusyError):
                await turns.run(int)
            free.set()
        assert await turns.run(int, "7") == 7

    anyio.run(crowd)
