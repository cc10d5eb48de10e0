"""Parsing in processes of its own, with a deadline: a feed made to keep the parser busy holds up nobody but itself.

Workers start when the first feed needs them, take one feed at a time, and are replaced when they overrun or die.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import IO, Self

from digest.collect.parse_worker import READY, receive, send
from digest.collect.parsed_feed import NotAFeed, ParsedFeed

SECONDS = 20.0
_SERVE = "from digest.collect.parse_worker import serve; serve()"


class Parsers:
    """A few worker processes. A context manager; may serve several runs, one after another."""

    def __init__(self, size: int | None = None, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._idle: deque[_Worker] = deque()
        self._threads = ThreadPoolExecutor(size or min(4, os.cpu_count() or 1), thread_name_prefix="digest-parse")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

    async def parse(self, content: bytes, *, url: str, content_type: str = "") -> ParsedFeed | NotAFeed:
        """Like `feeds.parse`; a feed that takes longer than the deadline, or kills its worker, is none."""
        job = (content, url, content_type)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._parse, job)

    def _parse(self, job: tuple[bytes, str, str]) -> ParsedFeed | NotAFeed:
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker()
        found = worker.ask(job, self._seconds)
        if found is not None:
            self._idle.append(worker)
            return found
        worker.end()
        if worker.overran:
            return NotAFeed(f"Reading it took longer than {self._seconds:g} seconds; it is too large or malicious.")
        return NotAFeed("Reading it made the parser fail; it is too large or malicious.")


class _Worker:
    """One process, and the pipes to it."""

    def __init__(self) -> None:
        self.overran = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The worker finds the package where this process found it.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        self._from.read(len(READY))  # starting is not counted against any feed

    def ask(self, job: tuple[bytes, str, str], seconds: float) -> ParsedFeed | NotAFeed | None:
        """The answer; None where there is none by the deadline, or ever."""
        watch = threading.Timer(seconds, self._overrun)
        watch.start()
        try:
            send(self._to, job)
            found: ParsedFeed | NotAFeed | None = receive(self._from)
            return found
        except OSError:
            return None
        finally:
            watch.cancel()

    def _overrun(self) -> None:
        self.overran = True
        self._process.kill()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._from.close()
        # What was written and not taken cannot be flushed any more.
        try:
            self._to.close()
        except OSError:
            return
