"""Subjects and preheaders: how long they may be, and what is suggested."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from digest.edition.inbox_lines import PREHEADER, SUBJECT, SUGGESTIONS, preheaders, subjects
from digest.model import Edition, EditionPost, Section
from digest.week import Week

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def post(number: int, title: str, summary: str = "", *, pinned: bool = False) -> EditionPost:
    sentences = (summary,) if summary else ()
    return EditionPost(f"p{number}", title, "", f"Source {number}", "", NOON, sentences, "lead", (), pinned=pinned)


def edition(*sections: tuple[str, tuple[EditionPost, ...]]) -> Edition:
    made = tuple(Section(title.lower(), title, posts) for title, posts in sections)
    return Edition(Week(2026, 10), 1, "The Digest", NOON, NOON, made)


WEEKLY = edition(
    ("Digital government", (post(1, "How we moved the bin day finder"), post(2, "A register of registers"))),
    ("Comms", (post(3, "Plain English works", "We rewrote forty letters and calls fell by a third in a month."),)),
)


def test_what_inboxes_cut_is_named_with_the_place() -> None:
    assert SUBJECT.problem("x" * 60) == ""
    assert "61 characters" in SUBJECT.problem("A week of registers " * 3 + "x")
    assert "registers" in SUBJECT.problem("A week of registers " * 3 + "and more of them")
    assert PREHEADER.problem("") == "", "an empty one is written by the template"
    assert "first words" in PREHEADER.problem("Too short")
    assert "cut" in PREHEADER.problem("x" * 141)


def test_suggestions_come_from_titles_and_themes() -> None:
    assert subjects(WEEKLY) == (
        "How we moved the bin day finder",
        "How we moved the bin day finder; Plain English works",
        "Digital government and Comms",
    )
    first, second, third = preheaders(WEEKLY, subject="How we moved the bin day finder")
    assert first == "Plain English works · A register of registers"
    assert second == "Three posts on Digital government and Comms, such as “A register of registers”"
    assert third == "Three posts, from Source 1, Source 2 and Source 3"


def test_a_pinned_post_leads_the_suggestions() -> None:
    pinned = replace(WEEKLY.sections[1], posts=(post(3, "Plain English works", pinned=True),))
    assert subjects(replace(WEEKLY, sections=(WEEKLY.sections[0], pinned)))[0] == "Plain English works"


def test_an_edition_without_posts_suggests_nothing() -> None:
    assert subjects(edition()) == ()
    assert preheaders(edition()) == ()


def test_a_long_title_without_a_space_is_cut_too() -> None:
    assert subjects(edition(("Kultur", (post(1, "長" * 90),)))) == ("Kultur", "長" * 59 + "…")


_titles = st.text(min_size=1, max_size=180).filter(str.strip)
_posts = st.lists(st.tuples(_titles, st.text(max_size=300)), min_size=1, max_size=5)


@given(st.lists(st.tuples(_titles, _posts), min_size=1, max_size=5))
@example([("0", [("0", ""), (":", "")])])
@example([("…", [("…", ""), ("...", "")])])
def test_every_suggestion_is_within_the_limits_and_distinct(rows: list[tuple[str, list[tuple[str, str]]]]) -> None:
    made = edition(
        *(
            (title, tuple(post(10 * n + k, *row) for k, row in enumerate(posts)))
            for n, (title, posts) in enumerate(rows)
        )
    )
    for lines, rule in ((subjects(made), SUBJECT), (preheaders(made), PREHEADER)):
        assert len(lines) <= SUGGESTIONS
        assert len({line.casefold() for line in lines}) == len(lines)
        for line in lines:
            assert line
            assert line == " ".join(line.split())
            assert rule.problem(line) == ""
