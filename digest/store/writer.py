"""One writer for many tasks: waiting pieces of work are committed together, each in a savepoint of its own.

A commit waits for the disk, so one for each source would be slow. A piece that fails is rolled back alone.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Connection

from digest.store.engine import Store

T = TypeVar("T")
_AT_ONCE = 50

_Piece = tuple[Callable[[Connection], Any], "Future[Any]"]


class Writer:
    """A thread that writes to the store; a context manager. Leaving it waits until all is committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="digest-writer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Return the result of `work` once it is committed. Raises what `work` raised, or the error of the commit."""
        return await asyncio.wrap_future(self.put(work))

    def put(self, work: Callable[[Connection], T]) -> Future[T]:
        """Like `write`, without waiting for it."""
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return future

    def _run(self) -> None:
        while (piece := self._waiting.get()) is not None:
            pieces = [piece]
            last = False
            while len(pieces) < _AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    last = True
                    break
                pieces.append(following)
            self._commit(pieces)
            if last:
                return

    def _commit(self, pieces: list[_Piece]) -> None:
        results: list[tuple[Future[Any], Any, Exception | None]] = []
        try:
            with self._store.writing() as connection:
                for work, future in pieces:
                    try:
                        with connection.begin_nested():
                            results.append((future, work(connection), None))
                    except Exception as error:  # noqa: BLE001 - it is handed to the task that asked
                        results.append((future, None, error))
        except Exception as error:  # noqa: BLE001 - the commit failed: nobody's work is there
            for _, future in pieces:
                future.set_exception(error)
            return
        for future, result, failed in results:
            if failed is not None:
                future.set_exception(failed)
            else:
                future.set_result(result)
