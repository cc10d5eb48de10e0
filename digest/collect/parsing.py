"""Parsing in processes of its own, with a deadline: a feed made to keep the parser busy holds up nobody but itself.

Workers start when the first feed needs them, take one feed at a time, and are replaced when they overrun or die.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import struct
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from digest.collect.parsed import NotAFeed, ParsedFeed

SECONDS = 20.0
_HEAD = struct.Struct("!Q")
_SERVE = "from digest.collect.parsing import serve; serve()"


class Parsers:
    """A few worker processes; use it as an async context manager, one per run."""

    def __init__(self, size: int | None = None, *, seconds: float = SECONDS) -> None:
        self._size = size or min(4, os.cpu_count() or 1)
        self._seconds = seconds
        self._idle: list[asyncio.subprocess.Process] = []
        self._slots = asyncio.Semaphore(self._size)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await _end(self._idle.pop())

    async def parse(self, content: bytes, *, url: str, content_type: str = "") -> ParsedFeed | NotAFeed:
        """Like `feeds.parse`; a feed that takes longer than the deadline, or kills its worker, is none."""
        async with self._slots:
            worker = self._idle.pop() if self._idle else await _start()
            try:
                async with asyncio.timeout(self._seconds):
                    found = await _ask(worker, (content, url, content_type))
            except TimeoutError:
                await _end(worker)
                return NotAFeed(f"Reading it took longer than {self._seconds:g} seconds; it is too large or malicious.")
            except (asyncio.IncompleteReadError, ConnectionError):
                await _end(worker)
                return NotAFeed("Reading it made the parser fail; it is too large or malicious.")
            except BaseException:
                await _end(worker)
                raise
            self._idle.append(worker)
            return found


async def _start() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _SERVE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # The worker finds the package where this process found it.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


async def _ask(worker: asyncio.subprocess.Process, job: tuple[bytes, str, str]) -> ParsedFeed | NotAFeed:
    assert worker.stdin is not None
    assert worker.stdout is not None
    message = pickle.dumps(job, protocol=5)
    worker.stdin.write(_HEAD.pack(len(message)))
    worker.stdin.write(message)
    await worker.stdin.drain()
    (length,) = _HEAD.unpack(await worker.stdout.readexactly(_HEAD.size))
    found: ParsedFeed | NotAFeed = pickle.loads(await worker.stdout.readexactly(length))  # noqa: S301 - from our own process
    return found


async def _end(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        with suppress(ProcessLookupError):
            worker.kill()
    # Reads what is left and closes the pipes, so that nothing is left for the garbage collector to complain about.
    await worker.communicate()


def serve() -> None:
    """A worker's life: one feed after another, until the other side hangs up."""
    from digest.collect.feeds import parse

    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a print in a library would garble the answers
    while len(head := source.read(_HEAD.size)) == _HEAD.size:
        content, url, content_type = pickle.loads(source.read(_HEAD.unpack(head)[0]))  # noqa: S301 - from our own process
        try:
            found = parse(content, url=url, content_type=content_type)
        except Exception as error:  # noqa: BLE001 - whatever one feed does to the parser, the next one is read
            found = NotAFeed(f"The parser cannot read it ({type(error).__name__}).")
        answer = pickle.dumps(found, protocol=5)
        target.write(_HEAD.pack(len(answer)))
        target.write(answer)
        target.flush()
