"""One reader, tried for some seconds in a process of its own: `python -m tests.fuzz.child NAME SECONDS SEED`.

Prints how many inputs were tried. Ends with 1 and says why, and on which input, where one of them raised, took too long
or too much memory.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, Reader

SECONDS = 1.0
"""Of processor time, for one input."""
MEGABYTES = 300
_TIMES = (1, 1, 1, 2, 10, 100, 1_000, 10_000, 1_000_000)

Part = tuple[Sequence[bytes], int]
"""Pieces, and how often they stand one after another: what is quadratic shows in repetition."""


class TooMuchError(Exception):
    pass


def inputs(reader: Reader) -> st.SearchStrategy[list[Part]]:
    piece = st.one_of(st.sampled_from([*reader.pieces, *reader.seeds]), st.binary(max_size=6), _damaged(reader))
    return st.lists(st.tuples(st.lists(piece, min_size=1, max_size=3), st.sampled_from(_TIMES)), max_size=5)


def _damaged(reader: Reader) -> st.SearchStrategy[bytes]:
    """A seed with a piece in the place of another."""
    whole = st.sampled_from(reader.seeds)
    place, length, piece = st.integers(0, 600), st.integers(0, 20), st.sampled_from(reader.pieces)
    return st.builds(lambda seed, at, some, new: seed[:at] + new + seed[at + some :], whole, place, length, piece)


def assembled(parts: Sequence[Part], most: int) -> bytes:
    content = b""
    for pieces, times in parts:
        unit = b"".join(pieces)
        content += unit * min(times, (most - len(content)) // max(len(unit), 1))
    return content[:most]


def check(reader: Reader, content: bytes, *, before: float | None = None) -> None:
    """Raises TooMuchError, and whatever the reader raises without being expected to.

    `before` is the peak of memory in MB to compare with: by default what the process has reached so far.
    """
    before = peak() if before is None else before
    for _ in range(2):  # a second time, for the machine may have been busy
        started = time.process_time()
        with contextlib.suppress(reader.raises):
            reader.read(content)
        seconds = time.process_time() - started
        if seconds <= SECONDS:
            break
    else:
        raise TooMuchError(f"took {seconds:.1f} seconds")
    more = peak() - before
    if more > MEGABYTES:
        raise TooMuchError(f"took {more:.0f} MB")


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(name: str, seconds: float, number: int) -> int:
    reader, until, tried = READERS[name], time.monotonic() + seconds, 0
    before = peak()
    for content in reader.seeds:
        check(reader, content, before=before)  # loads what is loaded late
    while time.monotonic() < until:
        failure = ""

        @seed(number)
        @settings(
            max_examples=100,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(inputs(reader))
        def attempt(parts: list[Part]) -> None:
            nonlocal tried, failure
            if failure or time.monotonic() >= until:
                return
            tried += 1
            try:
                check(reader, assembled(parts, reader.most), before=before)
            except Exception as error:  # noqa: BLE001 - that is what it looks for
                failure = f"{type(error).__name__}: {error}, on {parts!r}"[:3_000]

        attempt()
        if failure:
            print(f"{name}: {failure}")  # noqa: T201 - its output
            return 1
        number += 1
    print(f"{name}: {tried} inputs")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
