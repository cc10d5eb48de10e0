"""The dates of one feed, read together, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.collect.entry_dates import DateTexts, read_dates
from digest.collect.parse_feed import parse
from digest.collect.parsed_feed import ParsedFeed
from tests.web_of_feeds import Item, rss

URL = "https://blog.example.org/feed"


def read(content: str, zone: str = "UTC") -> ParsedFeed:
    feed = parse(content.encode(), url=URL, zone=zone)
    assert isinstance(feed, ParsedFeed)
    return feed


def dated(*texts: str) -> str:
    return rss(*(Item(f"Post {text}", extra=f"<pubDate>{text}</pubDate>") for text in texts))


def test_a_date_of_slashes_keeps_its_month_and_day() -> None:
    (entry,) = read(dated("2024/06/12")).entries
    assert entry.published == datetime(2024, 6, 12, tzinfo=UTC)


def test_one_day_over_twelve_decides_for_the_whole_feed() -> None:
    american = read(dated("06/02/2024 10:00", "06/13/2024 10:00"))
    assert [entry.published for entry in american.entries] == [
        datetime(2024, 6, 2, 10, tzinfo=UTC),
        datetime(2024, 6, 13, 10, tzinfo=UTC),
    ]
    (british,) = read(dated("06/02/2024 10:00")).entries
    assert british.published == datetime(2024, 2, 6, 10, tzinfo=UTC)


def test_a_day_is_a_day_of_the_newsletter() -> None:
    (entry,) = read(dated("10 June 2024"), zone="America/New_York").entries
    assert entry.published == datetime(2024, 6, 10, 4, tzinfo=UTC)
    (entry,) = read(dated("10 June 2024"), zone="Europe/London").entries
    assert entry.published == datetime(2024, 6, 10, tzinfo=UTC)


def test_the_feed_s_language_names_its_months() -> None:
    feed = dated("12 kesäkuuta 2024 klo 9.00", "12 lipnja 2024")  # June in Croatian, and nearly July in Polish
    assert [entry.published for entry in read(feed).entries] == [datetime(2024, 6, 12, 9, tzinfo=UTC), None]
    croatian = read(feed.replace("<channel>", "<channel><language>hr-HR</language>"))
    assert croatian.entries[1].published == datetime(2024, 6, 12, tzinfo=UTC)


def test_health_names_what_and_how_many() -> None:
    feed = read(dated("12 Jun 2024", "12 Jun 2024 09:00 XYZ", "sometime in June"))
    assert [entry.published is None for entry in feed.entries] == [False, True, True]
    assert not feed.partial
    assert "the dates of 2 of 3 entries, such as “12 Jun 2024 09:00 XYZ”" in feed.reason
    assert read(dated("12 Jun 2024", "")).reason == ""


def test_what_cannot_be_used_for_published_is_said_although_updated_stands_in() -> None:
    texts = [DateTexts("0001-01-01T00:00:00Z", "2024-06-12T09:00:00Z")]
    (dates,), reason = read_dates(texts, language="", zone="UTC")
    assert dates.published == dates.updated == datetime(2024, 6, 12, 9, tzinfo=UTC)
    assert "“0001-01-01T00:00:00Z”" in reason


def test_an_example_is_made_harmless_and_short() -> None:
    _, reason = read_dates([DateTexts("\u202e<b>x</b>\n" + "y" * 5_000)], language="", zone="UTC")
    assert "\u202e" not in reason
    assert "\n" not in reason
    assert len(reason) < 300


@pytest.mark.parametrize(
    "value", ["2024-06-12T10:00:00+01:00", "Wed, 12 Jun 2024 09:00:00 GMT", 1718182800, 1718182800000, "1718182800"]
)
def test_dates_of_json_feeds(value: object) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "date_published": value}]}
    assert read(json.dumps(feed)).entries[0].published == datetime(2024, 6, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", -1e400, 1e400, True, {}, 5]
)
def test_an_impossible_date_of_a_json_feed_costs_its_entry_nothing(value: object) -> None:
    items = [{"id": "1", "title": "One", "date_published": value}, {"id": "2", "date_published": "2024-06-12"}]
    feed = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items}))
    assert [entry.published for entry in feed.entries] == [None, datetime(2024, 6, 12, tzinfo=UTC)]


def test_dublin_core_and_atom() -> None:
    core = (
        '<item xmlns:dc="http://purl.org/dc/elements/1.1/"><title>One</title><dc:date>12 Mehefin 2024</dc:date></item>'
    )
    (entry,) = read(f'<rss version="2.0"><channel><title>T</title>{core}</channel></rss>').entries
    assert entry.published == datetime(2024, 6, 12, tzinfo=UTC)
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>a</id><title>One</title>'
        "<published>2024-06-12 10:00 BST</published><updated>Thursday, 13 June 2024 2:30 pm</updated></entry></feed>"
    )
    (entry,) = read(atom).entries
    assert (entry.published, entry.updated) == (
        datetime(2024, 6, 12, 9, tzinfo=UTC),
        datetime(2024, 6, 13, 14, 30, tzinfo=UTC),
    )


@given(st.lists(st.builds(DateTexts, st.text(max_size=30), st.text(max_size=30), st.text(max_size=30)), max_size=5))
def test_any_texts_are_survived(texts: list[DateTexts]) -> None:
    dates, _ = read_dates(texts, language="cy", zone="Europe/London")
    assert len(dates) == len(texts)
