"""Who has which text, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.model import RevisionCount
from digest.steps.editing.revisions_sent import already_sent, shares

AT = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)


def count(revision: int, subscribers: int, fingerprint: str = "") -> RevisionCount:
    return RevisionCount(revision, subscribers, AT, fingerprint or str(revision))


def test_who_already_has_another_text() -> None:
    assert already_sent([], 25, "25") == ""
    assert already_sent([count(25, 19)], 25, "25") == ""
    assert already_sent([count(25, 19)], 26, "26") == "19 subscribers already have revision 25."
    assert already_sent([count(25, 1), count(26, 4_100), count(27, 3)], 27, "27") == (
        "1 subscriber already has revision 25; 4,100 subscribers already have revision 26."
    )


def test_two_texts_of_one_revision_are_told_apart_by_their_approval() -> None:
    """Templates or settings have changed in between."""
    shown = "19 subscribers already have revision 25 as approved on 2019-03-25 07:30 UTC."
    assert already_sent([count(25, 19, "old")], 25, "new") == shown


def test_shares_are_shown_where_there_are_several() -> None:
    assert shares([]) == shares([count(25, 60)]) == ""
    assert shares([count(25, 19), count(26, 41)]) == "19 subscribers have revision 25; 41 subscribers have revision 26."
