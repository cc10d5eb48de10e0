"""Parsing in processes of its own, with a deadline: a feed made to keep the parser busy holds up nobody but itself.

Workers start when the first feed needs them, take one feed at a time, and are replaced when they overrun or die.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import IO, Self

from digest.collect.parsed import NotAFeed, ParsedFeed

SECONDS = 20.0
_HEAD = struct.Struct("!Q")
_READY = b"ready"
_SERVE = "from digest.collect.parsing import serve; serve()"


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
        self._from.read(len(_READY))  # starting is not counted against any feed

    def ask(self, job: tuple[bytes, str, str], seconds: float) -> ParsedFeed | NotAFeed | None:
        """The answer; None where there is none by the deadline, or ever."""
        watch = threading.Timer(seconds, self._overrun)
        watch.start()
        try:
            _send(self._to, job)
            head = self._from.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            (length,) = _HEAD.unpack(head)
            answer = self._from.read(length)
            if len(answer) < length:
                return None
            found: ParsedFeed | NotAFeed = pickle.loads(answer)  # noqa: S301 - from our own process
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


def _send(target: IO[bytes], value: object) -> None:
    message = pickle.dumps(value, protocol=5)
    target.write(_HEAD.pack(len(message)))
    target.write(message)
    target.flush()


def serve() -> None:
    """A worker's life: one feed after another, until the other side hangs up."""
    from digest.collect.feeds import parse

    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a print in a library would garble the answers
    target.write(_READY)
    target.flush()
    while len(head := source.read(_HEAD.size)) == _HEAD.size:
        content, url, content_type = pickle.loads(source.read(_HEAD.unpack(head)[0]))  # noqa: S301 - from our own process
        try:
            found = parse(content, url=url, content_type=content_type)
        except Exception as error:  # noqa: BLE001 - whatever one feed does to the parser, the next one is read
            found = NotAFeed(f"The parser cannot read it ({type(error).__name__}).")
        _send(target, found)
