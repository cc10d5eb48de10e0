"""Content codings undone: whatever a server packs, little time and no more than the limit."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.content_decoding import TooManyCodingsError, decode, is_coded

LIMIT = 1_000_000
EMPTY_MEMBER = gzip.compress(b"", mtime=0)
EMPTY_FRAME = zstandard.ZstdCompressor().compress(b"")


@pytest.mark.parametrize(
    ("coding", "bomb"),  # built by the test: all processes collect it
    [
        ("gzip", lambda: EMPTY_MEMBER * 500_000),
        ("gzip, gzip", lambda: gzip.compress(EMPTY_MEMBER * 500_000)),
        ("gzip, gzip", lambda: gzip.compress(gzip.compress(bytes(100_000_000)))),
        ("zstd", lambda: EMPTY_FRAME * 1_000_000),
        ("zstd", lambda: b"\x50\x2a\x4d\x18\x00\x00\x00\x00" * 1_000_000),
        ("br, gzip", lambda: gzip.compress(brotli.compress(bytes(50_000_000), quality=1))),
        ("deflate", lambda: zlib.compress(bytes(100_000_000))),
    ],
    ids=["members", "members in gzip", "bomb in gzip", "frames", "skippable frames", "brotli in gzip", "deflate"],
)
def test_bombs_take_little_time_and_are_cut(coding: str, bomb: Callable[[], bytes]) -> None:
    raw = bomb()
    started = time.thread_time()
    decoded = decode(raw, coding, LIMIT)
    assert time.thread_time() - started < 1
    assert decoded.cut
    assert len(decoded.content) <= LIMIT


@given(st.lists(st.binary(max_size=40_000), min_size=1, max_size=20))
def test_members_of_any_size_come_out_whole(parts: list[bytes]) -> None:
    raw = b"".join(map(gzip.compress, parts))
    decoded = decode(raw, "gzip", LIMIT)
    assert (decoded.content, decoded.cut, decoded.broken) == (b"".join(parts), False, False)
    assert decode(raw + b"padding", "gzip", LIMIT).content == b"".join(parts)


@given(st.binary(min_size=1, max_size=60_000), st.integers(1, 60_000))
def test_limit_is_kept_to_the_byte(content: bytes, limit: int) -> None:
    decoded = decode(gzip.compress(content), "gzip", limit)
    assert decoded.content == content[:limit]
    assert decoded.cut == (len(content) > limit)


@given(st.binary(max_size=2_000), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip", "x"]))
def test_any_bytes_under_any_coding_never_raise(raw: bytes, coding: str) -> None:
    assert len(decode(raw, coding, 100).content) <= 100


def test_rejects_codings_around_codings_around_codings() -> None:
    with pytest.raises(TooManyCodingsError):
        decode(gzip.compress(b"x"), "gzip, gzip, gzip", LIMIT)


PLAIN = "<rss><channel><title>Café – neues</title></channel></rss>".encode()


@pytest.mark.parametrize("coding", ["UTF-8", "none", "identity", "", "binary", "x-unheard-of", "utf-8, none"])
def test_name_that_is_no_coding_is_passed_over(coding: str) -> None:
    decoded = decode(PLAIN, coding, LIMIT)
    assert (decoded.content, decoded.broken, decoded.cut) == (PLAIN, False, False)
    assert decode(gzip.compress(PLAIN), coding, LIMIT).content == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, br"])
@pytest.mark.parametrize(
    "plain",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b"\n\n" + PLAIN * 100,
        PLAIN.decode().encode("utf-16"),
        b'{"version": "https://jsonfeed.org/version/1.1"}',
        b"User-agent: *\nDisallow: /",
    ],
    ids=["feed", "mark", "long", "utf-16", "json", "robots"],
)
def test_what_is_named_but_plain_is_taken_as_it_is(coding: str, plain: bytes) -> None:
    decoded = decode(plain, coding, LIMIT)
    assert (decoded.content, decoded.broken, decoded.cut) == (plain, False, False)


def test_packed_twice_and_named_once() -> None:
    assert decode(gzip.compress(gzip.compress(PLAIN)), "gzip", LIMIT).content == PLAIN
    assert decode(brotli.compress(gzip.compress(PLAIN)), "br", LIMIT).content == PLAIN
    assert decode(gzip.compress(gzip.compress(PLAIN)), "", LIMIT).content == PLAIN


@given(st.binary(min_size=300, max_size=5_000))
def test_packed_bytes_that_break_off_are_said_to_be_broken(content: bytes) -> None:
    packed = gzip.compress(content)
    decoded = decode(packed[: len(packed) // 2], "gzip", LIMIT)
    assert decoded.broken
    assert content.startswith(decoded.content)


def test_broken_brotli_gives_what_came_before() -> None:
    packed = brotli.compress(b"a line\n" * 10_000 + bytes(range(256)) * 100)
    decoded = decode(packed[: len(packed) // 2] + b"\xff" * 100, "br", LIMIT)
    assert decoded.broken


FEED = b"<rss><channel><title>Town</title></channel></rss>" * 20
PACKERS = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("named", ["gzip", "br", "zstd"])
@pytest.mark.parametrize("used", PACKERS)
def test_what_is_packed_otherwise_than_it_says_is_undone(named: str, used: str) -> None:
    assert decode(PACKERS[used](FEED), named, LIMIT).content == FEED


def test_zstd_that_nobody_named_is_undone() -> None:
    raw = PACKERS["zstd"](FEED)
    assert is_coded(raw, "")
    assert decode(raw, "", LIMIT).content == FEED
