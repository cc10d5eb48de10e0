"""The outline, what is said about what comes next, the marks in the mail, and which parts a change touches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import AlsoOn, Decision, DeliveryCounts, Edition, EditionPost, EditionStatus, LeftOut, Section
from digest.web.desk.edition_parts import ChangedParts, changed_parts
from digest.web.desk.mail_marks import marked_policy, script, with_marks
from digest.web.desk.outline import Outline, ordinal, outline_of
from digest.web.desk.what_next import what_next
from digest.week import Week

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
THEMES = {"comms": "Comms", "civic-tech": "Civic tech", "elsewhere": "Elsewhere"}


def post(number: int, **values: object) -> EditionPost:
    made = EditionPost(
        f"{number:016x}",
        f"Post {number}",
        f"https://a.example/{number}?a=1&b=2",
        f"Source {number}",
        "",
        NOW,
        (),
        "",
        (),
    )
    return replace(made, **values)  # type: ignore[arg-type]


def edition(*sections: tuple[str, list[EditionPost]], left_out: tuple[LeftOut, ...] = (), revision: int = 1) -> Edition:
    made = tuple(Section(theme, THEMES[theme], tuple(posts)) for theme, posts in sections)
    return Edition(Week(2026, 10), revision, "Digest", NOW, NOW, made, left_out)


def outline(of: Edition, **decisions: Decision) -> Outline:
    return outline_of(of, THEMES, {each.post: each for each in decisions.values()})


def test_flags_only_where_there_is_something_to_say() -> None:
    posts = [
        post(1),
        post(2, source="Source 1", late=True),
        post(3, also_on=(AlsoOn("B", ""), AlsoOn("C", "")), between=("comms", "civic-tech"), sure=False),
        post(4, sure=False),
        post(5),
    ]
    flags = [[str(flag) for flag in row.flags] for row in outline(edition(("comms", posts))).rows]
    assert flags == [
        [],
        ["late", "2nd of this source"],
        ["or Civic tech: between Comms and Civic tech", "also on 2"],
        ["not sure of its theme"],
        [],
    ]
    assert [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 22, 103)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "22nd", "103rd",
    ]  # fmt: skip


def test_posts_that_are_not_in_the_edition_are_held_or_left_out() -> None:
    both = (LeftOut("a" * 16, "A", "", "S", "held for the next edition"), LeftOut("b" * 16, "B", "", "S", "a copy"))
    made = outline(edition(("comms", [post(1, late=True)]), left_out=both), one=Decision("a" * 16, held=True))
    assert [each.title for each in made.on_hold] == ["A"]
    assert [each.title for each in made.left_out] == ["B"]
    assert [row.post.title for row in made.late] == ["Post 1"]
    assert [section.title for section in made.unused] == ["Civic tech", "Elsewhere"]


def changed(before: Edition, after: Edition) -> ChangedParts:
    after = replace(after, revision=before.revision + 1)
    return changed_parts((before, outline(before)), (after, outline(after)))


def test_a_new_title_changes_one_row() -> None:
    before = edition(("comms", [post(1), post(2)]), ("civic-tech", [post(3)]))
    parts = changed(before, edition(("comms", [post(1), post(2, title="New")]), ("civic-tech", [post(3)])))
    assert [row.post.title for row in parts.rows] == ["New"]
    assert parts.posts == (post(2).id,)
    assert (parts.sections, parts.themes, parts.groups, parts.words, parts.mail) == ((), False, False, False, True)


def test_a_post_that_moves_changes_both_its_themes() -> None:
    before = edition(("comms", [post(1), post(2)]), ("civic-tech", [post(3)]))
    parts = changed(before, edition(("comms", [post(1)]), ("civic-tech", [post(2), post(3)])))
    assert [section.theme for section in parts.sections] == ["comms", "civic-tech"]
    assert parts.posts == (post(2).id,)


def test_a_theme_that_goes_changes_all_of_them() -> None:
    before = edition(("comms", [post(1)]), ("civic-tech", [post(3)]))
    parts = changed(before, edition(("comms", [post(1), post(3)])))
    assert parts.themes
    assert (parts.sections, parts.rows) == ((), ())


def test_the_same_revision_has_changed_in_nothing() -> None:
    one = edition(("comms", [post(1)]))
    assert changed_parts((one, outline(one)), (one, outline(one))) == ChangedParts()


@given(st.permutations(range(6)), st.permutations(range(6)), st.integers(0, 6), st.integers(0, 6))
def test_exchanging_the_changed_parts_gives_the_new_outline(
    first: list[int], second: list[int], cut: int, other: int
) -> None:
    """What a page does with the parts, done with values."""

    def cut_at(order: list[int], place: int) -> Edition:
        posts = [post(number) for number in order]
        return edition(*(each for each in (("comms", posts[:place]), ("civic-tech", posts[place:])) if each[1]))

    before, after = cut_at(first, cut), cut_at(second, other)
    parts = changed(before, after)
    page = {section.theme: section for section in outline(before).sections}
    if parts.themes:
        page = {section.theme: section for section in outline(after).sections}
    page |= {section.theme: section for section in parts.sections}
    rows = {row.post.id: row for row in parts.rows}
    lines = [rows.get(row.post.id, row) for section in page.values() for row in section.rows]
    assert lines == list(outline(after).rows)


@pytest.mark.parametrize(
    ("status", "approved", "hours", "words"),
    [
        (EditionStatus.APPROVED, True, -49, "is overdue: somebody has to send it"),
        (EditionStatus.DRAFT, False, 0, "goes out to 1,058 once approved"),
        (EditionStatus.DRAFT, False, 2.5, "goes out today 09:00 to 1,058, if approved"),
        (EditionStatus.APPROVED, True, 24, "goes out Tue 06:30 to 1,058"),
        (EditionStatus.APPROVED, True, 24 * 8, "goes out Tue 17 Mar 06:30 to 1,058"),
        (EditionStatus.APPROVED, True, 0, "ready to go out to 1,058"),
        (EditionStatus.SENDING, True, 0, "3 of 5 sent"),
        (EditionStatus.SENT, True, 0, "went to 3 of 5"),
        (EditionStatus.SKIPPED, False, 0, "no edition this week"),
    ],
)
def test_what_comes_next(status: EditionStatus, approved: bool, hours: float, words: str) -> None:
    counts = DeliveryCounts(sent=3, queued=2)
    said = what_next(
        status,
        approved=approved,
        overdue=hours < 0,
        begins=NOW + timedelta(hours=hours),
        now=NOW,
        subscribers=1058,
        counts=counts,
        zone=ZoneInfo("Europe/London"),
    )
    assert said == words


def test_the_mail_in_the_frame_has_an_anchor_at_each_post_and_one_script() -> None:
    link = '<a style="x" href="https://a.example/1?a=1&amp;b=2">'
    html = f'<body>{link}One</a> {link}again</a> <a href="#top">x</a></body>'
    marked = with_marks(html, edition(("comms", [post(1), post(2)])))
    assert marked.count(f'id="post-{post(1).id}" data-digest-post="{post(1).id}"') == 1
    assert post(2).id not in marked
    assert marked.count("<script>") == 1
    assert script() in marked
    assert marked_policy([]).endswith("'")
    assert "script-src 'sha256-" in marked_policy(None)
    assert "'unsafe-inline'" not in marked_policy(None).partition("script-src")[2]
