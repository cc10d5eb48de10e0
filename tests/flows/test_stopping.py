"""A flow that is stopped while it sends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from digest.model import Mailing
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve
from digest.steps.subscribers.operator_actions import add
from digest.store import deliveries
from digest.store.engine import Store
from tests.mail.smtp.smtp_server import serving
from tests.steps.newsletter_setup import NOW, WEEK, set_up

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(240)]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_cancelled_flow_finishes_the_current_messages(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.send_edition import send_week  # Prefect takes seconds to load, in every process that collects tests

    with serving(delay=lambda: 0.02) as server:
        tables = {"smtp": {"port": server.port}}
        with set_up(tmp_path, store, sources=("Working at Estuary",), tables=tables) as newsletter:
            for number in range(300):
                add(newsletter.context, f"r{number}@example.org")
            collect(newsletter.context, week=WEEK)
            compose(newsletter.context, WEEK)
            approve(newsletter.context, WEEK, by="editor")
        monkeypatch.setenv("DIGEST_CONFIG", str(tmp_path / "digest.toml"))
        monkeypatch.setenv("DIGEST_NOW", NOW.isoformat())

        def begun() -> None:
            while len(server.accepted) < 5:
                time.sleep(0.01)

        async def cancelled() -> None:
            sending = asyncio.create_task(send_week.fn(WEEK))
            await asyncio.to_thread(begun)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            # When Prefect has heard of it, it ends the process: nothing may be under way any more.
            with store.reading() as connection:
                counts = deliveries.counts(connection, Mailing(WEEK))
            assert (counts.sending, counts.uncertain, counts.sent) == (0, 0, len(server.accepted))
            assert counts.queued > 0

        asyncio.run(cancelled())
