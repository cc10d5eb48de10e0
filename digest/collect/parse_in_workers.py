"""Parsing feeds in worker processes: a feed that keeps the parser busy, or eats memory, delays nobody but itself."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from digest.collect.find_feeds import NamedFeeds, Page, find_feeds
from digest.collect.parse_job import FeedDocument, parse_document
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.workers.pool import WorkerPool
from digest.workers.processes import cores
from digest.workers.worker import Failure

SECONDS = 20.0
_MEMORY = 512 * 1024**2
"""Bytes for a worker's feeds: several times what the largest honest feed needs."""
_PROCESSES = 4
_PATIENCE = 1.0
"""Seconds for which feeds wait, all in all, before there is one more worker: some times what it costs to start one.
Most runs do with one, for it reads a feed in less time than it takes to fetch and store it. Nobody waits longer for a
hostile feed, nor for many long ones."""
_PRELOAD = ("digest.collect.parse_feed", "digest.collect.entry_identity")
"""All that a worker imports: it starts for the first feed of a run, and somebody waits for it."""


class ParsePool:
    """A few worker processes, for the feeds of one or several runs. A context manager."""

    def __init__(self, size: int | None = None, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._size = size or min(_PROCESSES, cores())
        # Feeds come one by one, each from a task that waits for its own: so each thread drives one worker.
        self._threads = ThreadPoolExecutor(self._size, thread_name_prefix="digest-parse")
        self._idle: SimpleQueue[WorkerPool] = SimpleQueue()
        self._first_in_line = threading.Lock()  # held while waiting for a worker
        self._workers = 0
        self._patience = 0.0  # seconds that are left

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().__exit__(kind, error, trace)

    async def parse(
        self,
        content: bytes,
        *,
        url: str,
        content_type: str = "",
        zone: str = "UTC",
        source: str = "",
        sketched_since: datetime | None = None,
    ) -> ParsedFeed | NotAFeed:
        """Like `parse_feed.parse`. A feed that overruns the deadline or the memory, or kills its worker, is none.

        `source` is the source's address in the settings: with it the entries are identified as well, and those dated
        since `sketched_since` get a sketch. Raises DigestError where no worker can be started.
        """
        document = FeedDocument(content, url, content_type, zone, source, sketched_since)
        result: ParsedFeed | NotAFeed | Failure = await self._run(parse_document, document)
        return NotAFeed(self._explain(result)) if isinstance(result, Failure) else result

    async def find_feeds(self, content: bytes, *, url: str, link: str = "") -> NamedFeeds:
        """The feeds that a page or list names; none where reading it overruns the deadline or the memory."""
        result: NamedFeeds | Failure = await self._run(find_feeds, Page(content, url, link))
        return NamedFeeds() if isinstance(result, Failure) else result

    async def _run(self, function: Callable[[Any], Any], document: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run_here, function, document)

    def _run_here(self, function: Callable[[Any], Any], document: object) -> Any:
        worker = self._worker()
        try:
            [(_, result)] = worker.run(function, [document], seconds=self._seconds)
        finally:
            self._idle.put(worker)
        return result

    def _worker(self) -> WorkerPool:
        """Wait for a worker, or have one more."""
        with self._first_in_line:
            started = time.monotonic()
            try:
                return self._idle.get(timeout=max(0.0, self._patience) if self._workers < self._size else None)
            except Empty:
                worker = WorkerPool(1, preload=_PRELOAD, memory=_MEMORY, fresh=True)
                if not self._workers:
                    worker.start()  # with no other one, there is nothing else to wait for
                self._workers += 1
                self._patience, started = _PATIENCE, time.monotonic()
                return worker
            finally:
                self._patience -= time.monotonic() - started

    def _explain(self, failure: Failure) -> str:
        if failure.kind == "deadline":
            return f"Reading it took longer than {self._seconds:g} seconds; it is too large or malicious."
        if failure.kind == "memory":
            return f"Reading it needs more than {_MEMORY // 1024**2} MB of memory; it is too large or malicious."
        if failure.kind == "crash":
            return "Reading it made the parser fail; it is too large or malicious."
        return f"The parser cannot read it ({failure.reason.partition(':')[0]})."
