"""The fuzzer sees what it looks for."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.child import TooMuchError, assembled, check
from tests.fuzz.readers import Reader


def _busy(_content: bytes) -> None:
    until = time.process_time() + 1.1
    while time.process_time() < until:
        pass


def _raise(content: bytes) -> None:
    raise ValueError(content)


@pytest.mark.thorough
def test_slow_reader_is_reported() -> None:
    with pytest.raises(TooMuchError, match="seconds"):
        check(Reader((), _busy, 1, (b"x",)), b"x")


def test_unexpected_error_is_reported_and_an_expected_one_is_not() -> None:
    with pytest.raises(ValueError, match="x"):
        check(Reader((), _raise, 1, (b"x",)), b"x")
    check(Reader((), _raise, 1, (b"x",), raises=(ValueError,)), b"x")


def test_greedy_reader_is_reported() -> None:
    with pytest.raises(TooMuchError, match="MB"):
        check(Reader((), lambda content: content * 400_000_000, 1, (b"x",)), b"x", before=0)


def test_input_is_as_long_as_the_reader_takes() -> None:
    assert assembled([([b"ab", b"c"], 10**6), ([b"d"], 10)], 10) == b"abcabcabcd"
