"""docs/sources.md tells editors what each kind of trouble means: none may be missing, and none may be made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.collect import explain_failure
from digest.collect.entry_dates import DateTexts, read_dates
from digest.collect.entry_identity import identify
from digest.collect.explain_failure import FailureKind
from digest.collect.identify_posts import judge
from digest.collect.match_entries import KnownPosts
from digest.collect.quarantine import FLOOD, FLOOD_UNDATED, UNDATED_AT_FIRST
from digest.collect.urls import post_id
from digest.model import Entry, Outcome, ShownPost, Source
from digest.read.article.wall_phrases import WallKind
from digest.steps.collecting import source_health
from digest.steps.collecting.visit_outcomes import identity_notes

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

PAGE = (Path(__file__).parent.parent / "docs" / "sources.md").read_text("utf-8")
OUTCOMES, FAILURES = (
    re.findall(r"^\| `([\w-]+)` \|(.*)", part, re.MULTILINE) for part in PAGE.split("## Why a visit", 1)
)


def first_cells(heading: str) -> list[str]:
    """Of the table in the part of the page under a heading."""
    part = PAGE.split(f"\n## {heading}", 1)[1].split("\n## ", 1)[0]
    return [line.strip("|").split(" | ")[0].strip() for line in part.splitlines() if line.startswith("| ")][2:]


def test_each_kind_of_failure_has_its_line_and_no_other() -> None:
    assert sorted(kind for kind, _ in FAILURES) == sorted(FailureKind)


def test_each_outcome_has_its_line() -> None:
    assert {word for word, _ in OUTCOMES} == set(Outcome)


def test_each_line_says_what_it_means_and_what_to_do() -> None:
    for _, line in FAILURES:
        words, meaning, remedy = (cell.strip() for cell in line.strip().strip("|").split(" | "))
        assert words.startswith('"')
        assert meaning.endswith(".")
        assert remedy.endswith(".")


def test_words_that_the_page_quotes_are_those_that_editors_read() -> None:
    statuses = [explain_failure.status_failure(status, "x.org") for status in (410, 404, 403, 429, 500, 418)]
    reasons = dict(statuses) | {
        FailureKind.CHALLENGE: explain_failure.challenge("x.org"),
        FailureKind.FORBIDDEN: explain_failure.forbidden("x.org", []),
        FailureKind.BAD_ADDRESS: explain_failure.bad_address("x"),
        FailureKind.NO_HOST: explain_failure.no_host("x.org", for_now=False),
        FailureKind.NAME_SERVER: explain_failure.no_host("x.org", for_now=True),
        FailureKind.REFUSED: explain_failure.refused("x.org"),
        FailureKind.TLS: explain_failure.tls("x.org", None),
        FailureKind.TIMEOUT: explain_failure.timeout("x.org", 1),
        FailureKind.LOOP: explain_failure.loop("x.org"),
        FailureKind.BROKEN: explain_failure.broken("x.org"),
        FailureKind.ROBOTS: explain_failure.robots("x.org"),
    }
    quotes = {kind: re.findall(r'"([^"]+)"', line) for kind, line in FAILURES}
    assert [kind for kind, reason in reasons.items() if not any(quote in reason for quote in quotes[kind])] == []
    assert explain_failure.NO_NAMES.startswith("No name could be looked up, of any source")


def test_each_wall_has_its_line_and_no_other() -> None:
    assert sorted(first_cells("Walls")) == sorted(WallKind)


def test_each_reason_for_a_quarantine_has_its_line_and_no_other() -> None:
    quotes = [cell.strip('"') for cell in first_cells("Quarantine")]
    source = Source("Blog", "https://blog.example.org/feed")
    reasons = {reason for entries, known in floods(source) for reason in quarantines(entries, known, source)}
    assert [reason for reason in reasons if not any(quote in reason for quote in quotes)] == []
    assert [quote for quote in quotes if not any(quote in reason for reason in reasons)] == []


def test_what_is_odd_about_a_visit_has_its_line() -> None:
    quotes = [cell.strip('"') for cell in first_cells("When a visit works")]
    dates = read_dates([DateTexts("soon")], language="en", zone="UTC")[1]
    walls = source_health._pages(2)
    for reason in (dates, identity_notes(5, 0), identity_notes(0, 5), walls):
        assert any(quote in reason for quote in quotes), reason


def entries_of(number: int, published: datetime | None, folder: str = "") -> list[Entry]:
    return [
        Entry(f"{folder}{n}", f"https://blog.example.org/{folder}{n}", f"About thing {n}", "", published=published)
        for n in range(number)
    ]


def floods(source: Source) -> Iterator[tuple[list[Entry], KnownPosts]]:
    """Feeds that each bring too many posts at once, for another reason."""
    later = KnownPosts(first_fetch=False, newest=NOW)
    yield entries_of(FLOOD, NOW - timedelta(days=90)), later
    yield entries_of(FLOOD_UNDATED + 1, None), later
    yield entries_of(UNDATED_AT_FIRST + 1, None), KnownPosts()
    history = [
        ShownPost(f"a{n}", post_id(f"a{n}"), f"https://old.example.org/{n}", f"About thing {n}", NOW, True, "")
        for n in range(FLOOD)
    ]
    yield entries_of(FLOOD, NOW + timedelta(hours=1)), replace(later, history=history)
    new = [replace(entry, title=f"Other {entry.title}") for entry in entries_of(FLOOD, NOW, "new")]
    yield [*entries_of(FLOOD, NOW), *new], replace(later, history=history)


def quarantines(entries: list[Entry], known: KnownPosts, source: Source) -> Iterator[str]:
    arrivals = judge(identify(entries, source), source=source, known=known, hosts={}, now=NOW)
    return (arrival.quarantine for arrival in arrivals if arrival.quarantine)
