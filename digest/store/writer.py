"""One writer for many tasks: waiting pieces of work are committed together.

A commit waits for the disk, so one for each source would be slow. Where a piece fails, all of them are rolled back and
done again, each in a savepoint of its own, so that only the one that fails is missing. So a piece may be called twice,
and does nothing but read and write by the connection that it gets.
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
_Result = tuple[Any, Exception | None]


class _PieceFailedError(Exception):
    pass


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
        try:
            results = self._all(pieces) or self._each(pieces)
        except Exception as error:  # noqa: BLE001 - the commit failed: nobody's work is there
            for _, future in pieces:
                future.set_exception(error)
            return
        for (_, future), (result, failed) in zip(pieces, results, strict=True):
            if failed is not None:
                future.set_exception(failed)
            else:
                future.set_result(result)

    def _all(self, pieces: list[_Piece]) -> list[_Result] | None:
        """Return the results; None where a piece has failed, so that nothing is written."""
        try:
            with self._store.writing() as connection:
                return [(self._done(work, connection), None) for work, _ in pieces]
        except _PieceFailedError:
            return None

    @staticmethod
    def _done(work: Callable[[Connection], Any], connection: Connection) -> Any:
        try:
            return work(connection)
        except Exception as error:
            raise _PieceFailedError from error

    def _each(self, pieces: list[_Piece]) -> list[_Result]:
        results: list[_Result] = []
        with self._store.writing() as connection:
            for work, _ in pieces:
                try:
                    with connection.begin_nested():
                        results.append((work(connection), None))
                except Exception as error:  # noqa: BLE001 - it is handed to the task that asked
                    results.append((None, error))
        return results
