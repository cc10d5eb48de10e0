"""Run a step beside the flow's event loop, and stop it between two of its parts when its run is over."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import anyio

FAREWELL_SECONDS = 25.0  # Prefect kills after 30

Result = TypeVar("Result")
Stopping = Callable[[], bool]


async def in_thread(work: Callable[[Stopping], Result]) -> Result:
    """Return what `work` returns. If this task is cancelled or has timed out, `work` sees it and gets 25 seconds.

    What `work` has committed by then stays; the thread does not keep its process alive any longer.
    """
    stopping, outcome, context = threading.Event(), Future[Result](), contextvars.copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(work, stopping.is_set))
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, name="step", daemon=True).start()
    waiting = asyncio.wrap_future(outcome)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:  # threads get no signals; when this returns, Prefect ends the process
        stopping.set()
        with anyio.CancelScope(shield=True):  # a time-out would cancel this wait as well
            await asyncio.wait({waiting}, timeout=FAREWELL_SECONDS)
        raise
