"""Sound and film that a feed encloses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.enclosures import enclosed, seconds_of
from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import ParsedFeed
from digest.model import Media, MediaKind
from tests.web_of_feeds import Item, rss

ITUNES = 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'


def entry_of(extra: str) -> Media | None:
    feed = rss(Item("Episode 1", "https://example.org/1", "1", None, "Notes.", extra=extra))
    parsed = parse(feed.replace("<rss", f"<rss {ITUNES}", 1).encode(), url="https://example.org/feed")
    assert isinstance(parsed, ParsedFeed)
    return parsed.entries[0].media


def test_reads_type_size_and_duration_of_an_enclosure() -> None:
    sound = '<enclosure url="https://example.org/1.mp3" type="audio/mpeg" length="29000000"/>'
    duration = "<itunes:duration>31:04</itunes:duration>"
    assert entry_of(sound + duration) == Media(MediaKind.PODCAST, 29_000_000, 1864)
    assert entry_of(sound.replace("audio/mpeg", "")) == Media(MediaKind.PODCAST, 29_000_000)
    assert entry_of(sound.replace("audio/mpeg", "video/mp4")) == Media(MediaKind.VIDEO, 29_000_000)
    assert entry_of(sound.replace("29000000", "unknown")) == Media(MediaKind.PODCAST)


def test_a_picture_is_no_media_of_the_post() -> None:
    assert entry_of('<enclosure url="https://example.org/1.jpg" type="image/jpeg" length="9"/>') is None
    assert entry_of("") is None


def test_reads_an_attachment_of_a_json_feed() -> None:
    feed = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "1", "url":
        "https://example.org/1", "content_text": "x", "attachments": [{"url": "https://example.org/1.m4a",
        "mime_type": "audio/x-m4a", "size_in_bytes": 500, "duration_in_seconds": 90}]}]}"""
    parsed = parse(feed, url="https://example.org/feed")
    assert isinstance(parsed, ParsedFeed)
    assert parsed.entries[0].media == Media(MediaKind.PODCAST, 500, 90)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1860", 1860), ("31:00", 1860), ("1:02:03", 3723), ("90.5", 90), ("", 0), ("half an hour", 0), ("9" * 6, 0)],
)
def test_duration(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@given(st.integers(0, 99 * 3600))
def test_every_duration_reads_back(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    assert seconds_of(f"{minutes // 60}:{minutes % 60:02}:{rest:02}") == seconds_of(str(seconds)) == seconds


@given(st.lists(st.dictionaries(st.sampled_from(["type", "href", "length"]), st.text() | st.none() | st.integers())))
@pytest.mark.thorough
def test_reads_any_enclosure(enclosures: list[dict[str, object]]) -> None:
    enclosed(enclosures, "1:99:99999")
