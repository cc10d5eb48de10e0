"""Writing to the store from a public page: within seconds or not at all, and only a few at a time.

    a request that writes ─▶ one of a few slots ─▶ a thread ─▶ the store, for PATIENCE seconds at most ─▶ the response
    work after a response ─▶ one of a few slots ─▶ a thread ─▶ again a little later if the store fails

All other threads are for pages that only read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
import stamina
from starlette.background import BackgroundTask

from digest.errors import BusyError, StoreError

LOG = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds that a request waits for a slot, and then again for the store
RETRY_AFTER = 60  # seconds, in the response when the store is busy: an import lets others in after each batch
_SLOTS = 8  # SQLite has one writer at a time, however many wait
_ATTEMPTS = 5
_FIRST_WAIT, _LONGEST_WAIT, _GROWTH = 2.0, 60.0, 3  # seconds before work after a response is tried again

P = ParamSpec("P")
T = TypeVar("T")


class WriteLimiter:
    """Runs what writes to the store, in threads of its own. Each application has one."""

    def __init__(
        self,
        *,
        patience: float = PATIENCE,
        attempts: int = _ATTEMPTS,
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        self._patience = patience
        self._attempts = attempts
        self._first_wait = first_wait
        self._slots = anyio.Semaphore(_SLOTS)
        self._background_slots = anyio.Semaphore(_SLOTS)
        self._threads = anyio.CapacityLimiter(2 * _SLOTS)

    async def run(self, work: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> T:
        """Do the work while the request waits. Raises BusyError if no slot becomes free, and what `work` raises."""
        with anyio.move_on_after(self._patience) as waiting:
            await self._slots.acquire()
        if waiting.cancelled_caught:
            raise BusyError("Too many requests are waiting for the store.", "Try again in a minute.")
        try:
            return await anyio.to_thread.run_sync(partial(work, *args, **named), limiter=self._threads)
        finally:
            self._slots.release()

    def after_response(
        self, name: str, work: Callable[P, object], /, *args: P.args, **named: P.kwargs
    ) -> BackgroundTask:
        """Do the work after the response, several times if the store fails. `name` is for the log: no addresses."""
        return BackgroundTask(self._try, name, partial(work, *args, **named))

    async def _try(self, name: str, work: Callable[[], object]) -> None:
        retrying = stamina.retry_context(
            on=(BusyError, StoreError),
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._first_wait,
            wait_max=_LONGEST_WAIT,
            wait_jitter=0,
            wait_exp_base=_GROWTH,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    try:
                        async with self._background_slots:
                            await anyio.to_thread.run_sync(work, limiter=self._threads)
                    except (BusyError, StoreError) as error:
                        if attempt.num < self._attempts:
                            LOG.warning("%s: not stored, trying again in %g s: %s", name, attempt.next_wait, error.what)
                        raise
        except (BusyError, StoreError) as error:
            LOG.error("%s: not stored, given up: %s", name, error.what)  # noqa: TRY400 -- who runs it needs no traceback
