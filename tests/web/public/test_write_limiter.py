"""The public pages while another program holds the store: a quick response, nothing lost, and reading goes on."""

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
from digest.log import listening
from digest.model import EffectiveStatus
from digest.steps.mail_setup import Links
from digest.steps.subscribers import operator_actions
from digest.store import subscribers as store_subscribers
from digest.store.engine import Store
from digest.web.public.write_limiter import WriteLimiter
from tests.loopback import NO_CERTIFICATES
from tests.web.public_server import ServedPages, serve_pages


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[ServedPages]:
    with serve_pages(tmp_path) as pages:
        operator_actions.add(pages.context, "ada@example.org")
        yield pages


@contextmanager
def locked(store: Store) -> Iterator[None]:
    with store.writing() as connection:
        store_subscribers.lock_table(connection)
        yield


def standing(pages: ServedPages, email: str) -> EffectiveStatus | None:
    return next((one.status for one in operator_actions.everyone(pages.context) if one.email == email), None)


@pytest.mark.thorough
def test_requests_while_the_store_is_locked(pages: ServedPages) -> None:
    links = Links(pages.context.settings).of(1)
    one_click = {"List-Unsubscribe": "One-Click"}
    with (
        httpx.Client(timeout=30, headers={"Accept-Language": "en"}, verify=NO_CERTIFICATES) as client,
        ExitStack() as stack,
    ):
        pool = stack.enter_context(ThreadPoolExecutor(61))
        with locked(pages.context.store):
            began = time.monotonic()
            many = [pool.submit(client.post, links.unsubscribe, data=one_click) for _ in range(60)]
            subscribed = client.post(f"{pages.url}/subscribe", data={"email": "bo@example.org"})
            assert (subscribed.status_code, "Check your email" in subscribed.text) == (200, True)
            time.sleep(0.5)  # all of them wait by now
            reading_began = time.monotonic()
            for path in (links.preferences, links.unsubscribe, f"{pages.url}/subscribe", f"{pages.url}/healthz"):
                assert client.get(path).status_code == 200
            assert time.monotonic() - reading_began < 10, "reading does not wait for those who write"
            answers = [one.result() for one in many]
            assert time.monotonic() - began < 75
            assert {(one.status_code, one.headers.get("Retry-After")) for one in answers} == {(503, "60")}
            assert "still subscribed" in answers[0].text
            page = client.post(links.preferences, data={"act": "pause"})
            assert (page.status_code, page.headers["Retry-After"]) == (503, "60")
            assert "Nothing was changed" in page.text
        assert standing(pages, "ada@example.org") is EffectiveStatus.ACTIVE
        assert client.post(links.unsubscribe, data=one_click).status_code == 200
        assert standing(pages, "ada@example.org") is EffectiveStatus.LEFT
    assert "Confirm that you want" in pages.mail_to("bo@example.org", seconds=60), "the subscription is not lost"
    assert standing(pages, "bo@example.org") is EffectiveStatus.PENDING


def test_work_after_a_response_is_tried_again() -> None:
    reports: list[str] = []
    failures = [BusyError("The store is locked."), BusyError("The store is locked.")]

    def work() -> None:
        if failures:
            raise failures.pop()

    with listening(reports.append):
        anyio.run(WriteLimiter(attempts=4, first_wait=0.01).after_response("A subscription", work))
    assert reports == [
        "warning: A subscription: not stored, trying again in 0.01 s: The store is locked.",
        "warning: A subscription: not stored, trying again in 0.03 s: The store is locked.",
    ]
    reports.clear()
    failures += [BusyError("Locked.")] * 3
    with listening(reports.append):
        anyio.run(WriteLimiter(attempts=2, first_wait=0.01).after_response("A subscription", work))
    assert reports == [
        "warning: A subscription: not stored, trying again in 0.01 s: Locked.",
        "error: A subscription: not stored, given up: Locked.",
    ]
    assert len(failures) == 1, "two attempts were made"


def test_an_unexpected_error_after_a_response_is_not_tried_again() -> None:
    calls: list[None] = []

    def work() -> None:
        calls.append(None)
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        anyio.run(WriteLimiter(first_wait=0.01).after_response("A subscription", work))
    assert len(calls) == 1


def test_a_request_without_a_slot_is_busy() -> None:
    """All slots are taken by requests that wait for something else."""
    done = threading.Event()

    async def requests() -> None:
        limiter = WriteLimiter(patience=0.2)
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(limiter.run, done.wait, 20)
            await anyio.sleep(0.1)
            with pytest.raises(BusyError):
                await limiter.run(int)
            done.set()
        assert await limiter.run(int, "7") == 7

    anyio.run(requests)
