"""Steps whose time is over: they end between two of their parts, and what they stored is whole."""

from __future__ import annotations

import asyncio
import time

import pytest

from digest.errors import StoppedError

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(240)]


def test_a_step_whose_time_is_over_sees_it_and_ends_before_its_task_does() -> None:
    import anyio

    from flows.in_thread import Stopping, in_thread  # Prefect takes seconds to load

    done: list[str] = []

    def work(stopping: Stopping) -> None:
        while not stopping():
            time.sleep(0.01)
        done.append("the current part")

    async def timed() -> None:
        with pytest.raises(TimeoutError), anyio.fail_after(0.2):
            await in_thread(work)
        assert done == ["the current part"]

    asyncio.run(timed())


def test_a_step_s_result_and_error_come_back_from_its_thread() -> None:
    from flows.in_thread import Stopping, in_thread

    def fail(stopping: Stopping) -> int:
        raise StoppedError("as asked", str(stopping()))

    assert asyncio.run(in_thread(lambda stopping: 7 + stopping())) == 7
    with pytest.raises(StoppedError, match="as asked"):
        asyncio.run(in_thread(fail))
