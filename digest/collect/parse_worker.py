"""A parser's process: one feed after another, until the other side hangs up. It loads no more than parsing needs."""

from __future__ import annotations

import pickle
import struct
import sys
from typing import IO, Any

READY = b"ready"
"""What a worker says once, when it has loaded everything."""
_HEAD = struct.Struct("!Q")


def send(target: IO[bytes], value: object) -> None:
    message = pickle.dumps(value, protocol=5)
    target.write(_HEAD.pack(len(message)))
    target.write(message)
    target.flush()


def receive(source: IO[bytes]) -> Any:
    """The next value; None where the other side has hung up."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (length,) = _HEAD.unpack(head)
    message = source.read(length)
    return pickle.loads(message) if len(message) == length else None  # noqa: S301 - from our own process


def serve() -> None:
    """A worker's life."""
    from digest.collect.parse_feed import parse
    from digest.collect.parsed_feed import NotAFeed

    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a print in a library would garble the answers
    target.write(READY)
    target.flush()
    while (job := receive(source)) is not None:
        content, url, content_type = job
        try:
            found = parse(content, url=url, content_type=content_type)
        except Exception as error:  # noqa: BLE001 - whatever one feed does to the parser, the next one is read
            found = NotAFeed(f"The parser cannot read it ({type(error).__name__}).")
        send(target, found)
