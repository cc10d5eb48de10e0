"""Asking the store for more than a look: soon or not at all, and never so many at once that nobody else is served.

    a request that writes ─▶ one of a few turns ─▶ a thread ─▶ the store, for at most PATIENCE seconds ─▶ the answer
    what follows an answer ─▶ one of a few turns of its own ─▶ a thread ─▶ and again a little later where it failed

Pages that only look have all the other threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from starlette.background import BackgroundTask

from digest.errors import BusyError, StoreError

PATIENCE = 3.0  # seconds that a request waits for a turn, and then again for the store
RETRY_AFTER = 60  # seconds that a busy answer asks for: an import lets others in after every batch
_TURNS = 8  # SQLite has one writer at a time, whoever waits
_WAITS = (2.0, 10.0, 30.0, 60.0)  # seconds before what follows an answer is tried again

P = ParamSpec("P")
T = TypeVar("T")


class WriteLimiter:
    """Runs what asks the store, in threads of its own. Make one for each application."""

    def __init__(
        self, report: Callable[[str], None], *, patience: float = PATIENCE, waits: Sequence[float] = _WAITS
    ) -> None:
        self._report = report
        self._patience = patience
        self._waits = waits
        self._now = anyio.Semaphore(_TURNS)
        self._later = anyio.Semaphore(_TURNS)
        self._threads = anyio.CapacityLimiter(2 * _TURNS)

    async def run(self, do: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> T:
        """Do it while the request waits. Raises BusyError when no turn comes, and what `do` raises."""
        with anyio.move_on_after(self._patience) as waiting:
            await self._now.acquire()
        if waiting.cancelled_caught:
            raise BusyError("Too many wait for the store.", "Try again when it is done.")
        try:
            return await anyio.to_thread.run_sync(partial(do, *args, **named), limiter=self._threads)
        finally:
            self._now.release()

    def after_response(self, what: str, do: Callable[P, object], /, *args: P.args, **named: P.kwargs) -> BackgroundTask:
        """Do it after the answer, again some times where the store fails. `what` is for the log, and names nobody."""
        return BackgroundTask(self._try, what, partial(do, *args, **named))

    async def _try(self, what: str, do: Callable[[], object]) -> None:
        for wait in (*self._waits, None):
            try:
                async with self._later:
                    await anyio.to_thread.run_sync(do, limiter=self._threads)
            except (BusyError, StoreError) as error:
                then = "it is lost" if wait is None else f"it is tried again in {wait:g} seconds"
                self._report(f"{what} could not be kept, and {then}: {error.what}")
            else:
                return
            if wait is not None:
                await anyio.sleep(wait)
