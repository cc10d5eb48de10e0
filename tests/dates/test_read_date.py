"""Dates are read whole, in every form and language that is claimed, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime as rfc_822
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.dates import names
from digest.dates.read_date import DateReader, is_day_first

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
READER = DateReader()
JUNE = datetime(2024, 6, 12, 9, 0, tzinfo=UTC)

# --- Every form reads back --------------------------------------------------------------------------------------------

# Babel writes the parts of an hour west of Greenwich wrong, so those offsets are whole hours.
minutes = st.one_of(st.integers(0, 56).map(lambda quarters: quarters * 15), st.integers(-14, -1).map(lambda h: h * 60))
offsets = minutes.map(lambda east: timezone(timedelta(minutes=east)))
moments = st.integers(int(datetime(1990, 1, 3, tzinfo=UTC).timestamp()), 3_786_000_000).map(  # to December 2089
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def pattern(text: str, locale: str = "en_GB") -> Callable[[datetime], str]:
    return lambda moment: format_datetime(moment, text, tzinfo=moment.tzinfo, locale=locale)


WITH_OFFSET: dict[str, Callable[[datetime], str]] = {
    "RFC 822": pattern("EEE, dd MMM yy HH:mm:ss xx"),
    "RFC 1123": rfc_822,
    "RFC 1123 with a colon in the offset": pattern("EEE, dd MMM y HH:mm:ss xxx"),
    "RFC 1123 without the day of the week": pattern("d MMM y HH:mm:ss xx"),
    "RFC 1123 without a blank": pattern("EEE,dd MMM y HH:mm:ss xx"),
    "RFC 1123 with a second comma": pattern("EEE, dd MMM, y HH:mm:ss xx"),
    "RFC 850": pattern("EEEE, dd-MMM-yy HH:mm:ss xx"),
    "ISO": datetime.isoformat,
    "ISO with a blank": lambda moment: moment.isoformat(" "),
    "ISO, plain offset": pattern("y-MM-dd'T'HH:mm:ssxx"),
    "ISO, compact": pattern("yMMdd'T'HHmmssxx"),
    "ISO, compact time": pattern("y-MM-dd'T'HHmmssxx"),
    "ISO, day of the year": lambda moment: moment.strftime("%Y-%jT%H:%M:%S%z"),
    "ISO, week": lambda moment: moment.strftime("%G-W%V-%uT%H:%M:%S%z"),
    "ISO with fractions": lambda moment: moment.isoformat(timespec="milliseconds"),
    "ISO with the place": lambda moment: f"{moment.isoformat()}[Europe/Paris]",
    "the day of the week before an ISO date": pattern("EEE, y/MM/dd HH:mm:ss xx"),
    "GMT and an offset": pattern("EEE, d MMM y HH:mm:ss 'GMT'xxx"),
    "JavaScript": pattern("EEE MMM dd y HH:mm:ss 'GMT'xx '(Some Standard Time)'"),
    "Ruby": pattern("EEE MMM dd HH:mm:ss xx y"),
    "Go": pattern("y-MM-dd HH:mm:ss xx 'BST'"),
    "a server's log": pattern("dd/MMM/y:HH:mm:ss xx"),
    "numbers": pattern("dd/MM/y HH:mm:ss xx"),
    "numbers with dots": pattern("d.M.y HH:mm:ss xx"),
    "the time first": pattern("HH:mm:ss, d MMMM y xx"),
    "the time and its zone first": pattern("HH:mm:ss xxx, d MMMM y"),
    "12 hours": pattern("d MMMM y h:mm:ss a xx", "en_US"),
    "12 hours, month first": pattern("MMMM d, y h:mm:ssa xx", "en_US"),
    "year, month's name, day": pattern("y MMM dd HH:mm:ss xx"),
    "numbers with blanks": pattern("EEE, dd MM y HH:mm:ss xx"),
    "in quotes": pattern("'\"'EEE, dd MMM y HH:mm:ss xx'\"'"),
    "behind a label": pattern("'Last updated: 'd MMMM y, HH:mm:ss xx"),
    "as part of an address": lambda moment: moment.isoformat().replace("+", "%2B").replace(":", "%3A"),
    "escaped": lambda moment: rfc_822(moment).replace("+", "&#43;"),
    "marked up": lambda moment: f'<time datetime="x">{moment.isoformat()}</time>',
    "a colon before the offset": pattern("y-MM-dd'T'HH:mm:ss:xx"),
    "a point between": pattern("d MMM y \u00b7 HH:mm:ss xx"),
    "an underscore between": pattern("y-MM-dd_HH:mm:ss xx"),
}
WITHOUT_ZONE: dict[str, Callable[[datetime], str]] = {
    "asctime": datetime.ctime,
    "date(1)": pattern("EEE d MMM HH:mm:ss 'UTC' y"),
    "date(1), month first": pattern("EEE MMM d HH:mm:ss 'UTC' y"),
    "seconds since 1970": lambda moment: str(int(moment.timestamp())),
    "milliseconds since 1970": lambda moment: str(int(moment.timestamp() * 1000)),
    "all digits": pattern("yMMddHHmmss"),
    "ISO and UTC": pattern("y-MM-dd HH:mm:ss 'UTC'"),
    "a database": pattern("y-MM-dd HH:mm:ss"),
    "slashes": pattern("y/MM/dd HH:mm:ss"),
    "Korean": pattern("y년 MM월 dd일 HH:mm:ss"),
    "Japanese": pattern("y年M月d日 HH時mm分ss秒"),
    "half of the day first": lambda moment: (
        f"{moment:%Y-%m-%d} {'오전' if moment.hour < 12 else '오후'} {moment.hour % 12 or 12}:{moment:%M:%S}"
    ),
}


@pytest.mark.parametrize("name", WITH_OFFSET)
@settings(max_examples=25)
@given(moment=moments, offset=offsets)
def test_every_form_with_an_offset_reads_back(name: str, moment: datetime, offset: timezone) -> None:
    assert READER.read(WITH_OFFSET[name](moment.astimezone(offset))) == moment


@pytest.mark.parametrize("name", WITHOUT_ZONE)
@settings(max_examples=25)
@given(moment=moments)
def test_every_form_without_a_zone_is_utc(name: str, moment: datetime) -> None:
    if name == "milliseconds since 1970":  # with 12 digits they could be a year and a month
        moment = max(moment, datetime(2001, 9, 10, tzinfo=UTC))
    assert READER.read(WITHOUT_ZONE[name](moment)) == moment


LOCALES = ("en_GB", "en_US", "cy", "de", "de_AT", "fr", "es", "nl", "it", "pt", "pt_PT", "el", "hu")
PATTERNS = (
    *("EEE, d MMM y HH:mm:ss xx", "EEEE, d MMMM y HH:mm:ss xxx", "EEE d LLLL y HH:mm:ss", "d. MMMM y, HH:mm:ss"),
    *("MMMM d, y HH:mm:ss", "y. MMMM d. HH:mm:ss", "d MMM yy HH:mm:ss", "d-MMM-y HH.mm.ss"),
    *("EEE, d MMMM y h:mm:ss a", "HH:mm:ss, EEEE d MMMM y"),
)


@pytest.mark.parametrize("locale", LOCALES)
@given(moment=moments, written=st.sampled_from(PATTERNS))
def test_every_language_reads_back(locale: str, written: str, moment: datetime) -> None:
    """Whatever the feed says that it is written in."""
    assert READER.read(format_datetime(moment, written, tzinfo=UTC, locale=locale)) == moment


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", ["short", "medium", "long", "full"])
@settings(max_examples=25)
@given(moment=moments)
def test_dates_as_each_country_writes_them_read_back(locale: str, width: str, moment: datetime) -> None:
    """The CLDR's own forms. Two digits of a year after hyphens are no date: it could be the day's."""
    reader = DateReader(day_first=locale != "en_US")
    day = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    written = format_date(moment, width, locale=locale)
    assert reader.read(written) == day, written
    if width != "full":  # the zone's name in full
        whole = format_datetime(moment, width, tzinfo=UTC, locale=locale)
        assert reader.read(whole) in (moment, moment.replace(second=0)), whole


@pytest.mark.parametrize("language", names.MORE_LANGUAGES)
@settings(max_examples=25)
@given(moment=moments, width=st.sampled_from(["MMM", "MMMM"]))
def test_names_of_more_languages_are_read_in_every_feed(language: str, width: str, moment: datetime) -> None:
    written = format_datetime(moment, f"d {width} y HH:mm:ss", tzinfo=UTC, locale=language)
    assert READER.read(written) == moment, written


@pytest.mark.parametrize("language", ["sv", "pl", "da", "fi", "cs", "tr", "uk", "hr"])
@settings(max_examples=25)
@given(moment=moments)
def test_other_languages_are_read_where_the_feed_says_so(language: str, moment: datetime) -> None:
    written = format_datetime(moment, "d MMMM y HH:mm:ss", tzinfo=UTC, locale=language)
    assert DateReader(language).read(written) == moment


def test_a_month_s_name_means_one_month_in_all_languages() -> None:
    meanings: dict[str, set[int]] = {}
    for language in (*names.LANGUAGES, *names.MORE_LANGUAGES):
        for name, number in names._months(language).items():
            meanings.setdefault(name, set()).add(number)
    assert {name for name, numbers in meanings.items() if len(numbers) > 1} == set()


# --- Zones ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        *(("GMT", 0), ("UT", 0), ("Z", 0), ("WET", 0), ("BST", 1), ("WEST", 1), ("CET", 1), ("MEZ", 1), ("(BST)", 1)),
        *(("CEST", 2), ("MESZ", 2), ("EET", 2), ("EEST", 3), ("MSK", 3), ("EST", -5), ("EDT", -4), ("CST", -6)),
        *(("PST", -8), ("PDT", -7), ("ET", -4), ("PT", -7), ("IST", 5.5), ("AEST", 10), ("GMT+1", 1), ("UTC-3", -3)),
        *(("GMT +01:00", 1), ("+1", 1), ("+100", 1), ("−0500", -5), ("+0530", 5.5), ("+0100 (CET)", 1), ("-0000", 0)),
        *(("CEST+0200", 2), ("MST-07:00", -7), ("--0700", -7), ("EDT+", -4), ("+01:00Z", 1), ("UK time", 1)),
        *(("British Summer Time", 1), ("(Central European Summer Time)", 2), ("Eastern Daylight Time", -4)),
        *(("0000", 0), ("Europe/London", 1), ("America/New_York", -4), ("(Europe/Berlin)", 2), ("Etc/GMT+1", -1)),
    ],
)
def test_zones(zone: str, hours: float) -> None:
    assert READER.read(f"Wed, 12 Jun 2024 09:00:00 {zone}") == JUNE - timedelta(hours=hours)


@pytest.mark.parametrize(("language", "hours"), [("ga", 1), ("en-IE", 1), ("he", 2), ("en-GB", 5.5)])
def test_ist_is_the_feed_s_own(language: str, hours: float) -> None:
    assert DateReader(language).read("12 Jun 2024 09:00 IST") == JUNE - timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["XYZ", "+2500", "+0175", "GMT+99", "Europe/Nowhere", "../../etc/passwd", "local"])
def test_an_unknown_zone_makes_no_date(zone: str) -> None:
    assert READER.read(f"Wed, 12 Jun 2024 09:00:00 {zone}") is None


@given(st.dates(date(1990, 2, 1), date(2089, 12, 1)), st.sampled_from([UTC, LONDON, NEW_YORK, ZoneInfo("Asia/Tokyo")]))
def test_a_date_without_a_time_is_that_day_for_the_newsletter(day: date, zone: ZoneInfo) -> None:
    moment = DateReader(zone=zone).read(day.isoformat())
    assert moment is not None
    assert moment.astimezone(zone).date() == moment.date() == day


@pytest.mark.parametrize("written", ["Wed, 12 Jun 2024 10:00:00 0100", "2024-06-12T10:00:00 01:00"])
def test_an_offset_that_lost_its_plus_lies_to_the_east(written: str) -> None:
    assert READER.read(written) == JUNE


def test_an_hour_alone_with_an_offset_is_a_time() -> None:
    assert READER.read("Wed, 12 Jun 2024 10 +0100") == JUNE
    assert READER.read("2024-06-12 1030") == JUNE.replace(hour=10, minute=30)


@pytest.mark.parametrize("written", ["١٢ يونيو ٢٠٢٤", "20 Deireadh Fómhair 2022", ",12 Jun 2024", "(12 June 2024)"])
def test_dates_in_other_dress(written: str) -> None:
    moment = READER.read(written)
    assert moment is not None
    assert moment.date() in (JUNE.date(), date(2022, 10, 20))


def test_a_date_with_a_zone_begins_there() -> None:
    assert DateReader(zone=NEW_YORK).read("2024-06-12+01:00") == datetime(2024, 6, 11, 23, tzinfo=UTC)


# --- Day and month ----------------------------------------------------------------------------------------------------


def test_the_day_comes_first_unless_dates_beside_show_the_opposite() -> None:
    assert is_day_first([])
    assert is_day_first(["02/03/2024", "3.4.2024", "12 Jun 2024"])
    assert is_day_first(["02/03/2024", "13/03/2024"])
    assert not is_day_first(["02/03/2024", "03/13/2024 10:00 am"])
    assert is_day_first(["Wed, 06/12/2024", "Thu, 12/05/2024"]) is not is_day_first(["Wed, 12/06/2024"])
    assert is_day_first(["13/03/2024", "03/13/2024"])  # both: as here


def test_one_date_that_has_one_reading_is_read_so() -> None:
    assert READER.read("06/13/2024") == datetime(2024, 6, 13, tzinfo=UTC)
    assert READER.read("Wed, 06/12/2024 09:00") == JUNE
    assert DateReader(day_first=False).read("Wed, 12/06/2024 09:00") == JUNE
    assert READER.read("2/3/2024") == datetime(2024, 3, 2, tzinfo=UTC)
    assert DateReader(day_first=False).read("2/3/2024") == datetime(2024, 2, 3, tzinfo=UTC)


@given(st.lists(moments, min_size=1, max_size=8), st.booleans())
def test_a_feed_of_numbers_is_read_in_its_own_order(feed: list[datetime], day_first: bool) -> None:
    """Where a day over 12 shows the order."""
    feed = [*feed, feed[0].replace(month=5, day=25)]
    written = [f"{moment:%d/%m/%Y %H:%M:%S}" if day_first else f"{moment:%m/%d/%Y %H:%M:%S}" for moment in feed]
    reader = DateReader(day_first=is_day_first(written))
    assert [reader.read(text) for text in written] == feed


# --- As people write --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *("12 June 2024 - 09:00", "12 June 2024 – 09:00", "Wednesday 12th June 2024 at 9am", "12th of June 2024, 9.00"),
        *("June 12, 2024 9:00 AM", "Jun. 12, 2024, 9 a.m.", "9am on 12 June 2024", "12 June 2024 09:00 hrs"),
        *("12 juin 2024 à 9h00", "mercredi 12 juin 2024, 9h", "12. Juni 2024 um 9 Uhr", "12. Juni 2024, 9:00 Uhr"),
        *("Mi, 12 Jun 2024 9:00:00", "miércoles, 12 de junio de 2024 a las 9:00", "12 giugno 2024 alle ore 09:00"),
        *("12 juni 2024 om 9.00 uur", "quarta-feira, 12 de junho de 2024 às 09:00", "Mer, 12 Meh 2024 09:00:00"),
        *("Dydd Mercher, 12 Mehefin 2024 am 09:00", "12jun2024 T09:00", "12-Jun-24 09:00", "/Date(1718182800000)/"),
        *(
            "Wed,\u00a012\u202fJun 2024  09:00:00 GMT",
            "Published on 12 June 2024 09:00",
            "WED, 12 JUN 2024 09:00:00 GMT",
        ),
    ],
)
def test_deviations(text: str) -> None:
    assert READER.read(text) == JUNE


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
@given(st.integers(1_000_000_000, 9_999_999_999))
def test_unix_times_in_seconds_milliseconds_and_microseconds(unit: int, seconds: int) -> None:
    assert READER.read(str(seconds * unit)) == datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("text", "month"),
    [("Chw", 2), ("Aws", 8), ("Rha", 12), ("Sept.", 9), ("fevrier", 2), ("Maerz", 3), ("Jänner", 1), ("AOÛT", 8)],
)
def test_months_as_systems_shorten_and_spell_them(text: str, month: int) -> None:
    assert READER.read(f"12 {text} 2024") == datetime(2024, month, 12, tzinfo=UTC)


def test_midnight_and_the_leap_second() -> None:
    assert READER.read("2024-06-11T24:00:00Z") == datetime(2024, 6, 12, tzinfo=UTC)
    assert READER.read("12 Jun 2024 12:30 am") == datetime(2024, 6, 12, 0, 30, tzinfo=UTC)
    assert READER.read("12 Jun 2024 12:30 pm") == datetime(2024, 6, 12, 12, 30, tzinfo=UTC)
    assert READER.read("12 Jun 2024 14:30 PM") == datetime(2024, 6, 12, 14, 30, tzinfo=UTC)
    assert READER.read("2016-12-31T23:59:60Z") == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


# --- What is no date --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "2024",
            "2024-06",
            "June 2024",
            "12 June",
            "Wed",
            "12:00",
            "12 Jun 09:00:30",
            "Jun 12 09:00:00",
            "24-06-12",
        ),
        *("today", "now", "yesterday 10:00", "3 days ago", "TBC", "12", "12 Jun, 10.30", "12 Jun 2024 09:00 09:00"),
        *("31 February 2024", "2024-02-30", "2023-02-29", "2024-13-01", "31/31/2024", "2024-366x", "2023-366"),
        *("12 Jun 2024 25:00", "12 Jun 2024 09:61", "12 Jun 2024 24:00:01", "12 Jun 2024 13:00 AM", "2024-06-12T"),
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "Thu, 01 Jan 1970 00:00:00 GMT", "0", "-62135596800"),
        *("9999-12-31T23:59:59-12:00", "Fri, 31 Dec 9999 23:59:59 -1200", "0000-00-00 00:00:00", "99999999999999999"),
        *("12 Foo 2024", "12 June 2024 and more", "12 June 2024 or 13 June 2024", "1989-12-31"),
    ],
)
def test_what_cannot_be_read_whole_is_no_date(text: str) -> None:
    assert READER.read(text) is None


def test_dates_far_ahead_are_dates() -> None:
    assert READER.read("Wed, 06 Feb 2064 07:28:16 +0100") == datetime(2064, 2, 6, 6, 28, 16, tzinfo=UTC)
    assert READER.read("9998-12-31T23:59:59-14:00") == datetime(9999, 1, 1, 13, 59, 59, tzinfo=UTC)


pieces = st.sampled_from(
    [*"0192-/.:,+TZ()[] ", "12", "24", "31", "60", "2024", "9999", "Jun", "Wed", "am", "GMT", "Mehefin", "de", "年"]
)
dateish = st.one_of(st.text(max_size=120), st.lists(pieces, max_size=40).map("".join))


@given(text=dateish, language=st.sampled_from(["", "cy", "en-GB", "zz", "root", "zh"]), day_first=st.booleans())
@example("١٢ يونيو ٢٠٢٤", "", True)
@example("\ud800\x00", "", True)
@example("12 Jun 2024 " + "(" * 80, "", True)
@example("²/³/2024", "", True)
def test_any_text_is_survived(text: str, language: str, day_first: bool) -> None:
    moment = DateReader(language, LONDON, day_first).read(text)
    assert moment is None or (moment.tzinfo is UTC and 1990 <= moment.year <= 9999)
    assert isinstance(is_day_first([text, text], language), bool)


@pytest.mark.parametrize(
    "text", ["a " * 50, "1 " * 50, "12/" * 33, "am " * 33, "a-" * 50, "1:" * 50, "3 mar" + "," * 90]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    started = time.thread_time()
    for _ in range(100):
        READER.read(text)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_machine_s_zone_plays_no_part(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [write(JUNE) for write in (*WITH_OFFSET.values(), *WITHOUT_ZONE.values())]
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert {READER.read(text) for text in texts} == {JUNE}
    finally:
        monkeypatch.undo()
        time.tzset()
