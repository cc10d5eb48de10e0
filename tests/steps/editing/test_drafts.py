"""Drafts: kept apart by field and person, bounded, and gone once the edition was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.edition.editing.change import Change, Verb
from digest.errors import UsageError
from digest.model import Draft, EditionStatus, TypedField
from digest.steps.context import Context
from digest.steps.editing import drafts
from digest.steps.editing.approve import approve, resume, skip
from digest.steps.editing.changes import change
from digest.steps.editing.desk_data import trail
from digest.steps.editing.edition_view import load_edition
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add
from digest.store import drafts as stored
from digest.store.engine import Store
from digest.week import Week
from tests.steps import editor_changes
from tests.steps.newsletter_setup import NOW, WEEK
from tests.steps.ready_weeks import ReadyWeeks


def subscribe(context: Context) -> None:
    add(context, "ada@example.org")


@pytest.fixture
def context(tmp_path: Path, store_url: str, weeks: ReadyWeeks) -> Iterator[Context]:
    ready = weeks.ready(tmp_path, store_url, sources=("Working at Estuary",), subscribe=subscribe, approved_by="")
    with ready as newsletter:
        yield newsletter.context


def own(context: Context, person: str) -> dict[tuple[str, str], str]:
    _, edition = load_edition(context, WEEK)
    return {key: draft.text for key, draft in drafts.shown_to(context, WEEK, edition, person).own.items()}


def test_drafts_from_typing_to_sending(context: Context) -> None:
    post = load_edition(context, WEEK)[1].posts[0]

    def typed(by: str, field: str, text: str, post: str = "") -> object:
        return drafts.save(context, WEEK, by=by, field=field, post=post, text=text, mark="m")

    assert typed("Ada", "introduction", "Good morn") == NOW
    assert typed("Ada", "introduction", "Good morning,\r\n") == NOW
    typed("Bo", "introduction", "Hello")
    typed("Ada", "title", "Another title", post.id)
    assert own(context, "Ada") == {("introduction", ""): "Good morning,\r\n", ("title", post.id): "Another title"}
    _, edition = load_edition(context, WEEK)
    (other,) = drafts.shown_to(context, WEEK, edition, "Ada").of_others("introduction")
    assert (other.person, other.text) == ("Bo", "Hello"), "two people have a draft each"

    # What the edition says needs no draft.
    assert typed("Ada", "title", f" {post.title} ", post.id) is None
    editor_changes.write_introduction(context, WEEK, "Good morning,", by="Ada")
    assert own(context, "Ada") == {}
    assert own(context, "Bo") == {("introduction", ""): "Hello"}

    approve(context, WEEK, by="Ada")
    assert send(context, WEEK).sent == 1
    assert own(context, "Bo") == {}, "sending the edition ends its drafts"
    with pytest.raises(UsageError, match="is sent"):
        typed("Bo", "introduction", "Hello again")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_drafts_are_refused_where_they_make_no_sense(context: Context) -> None:
    for arguments, what in (
        ({"field": "subject", "text": "x" * 1_201}, "1,201 characters"),
        ({"field": "colour", "text": "x"}, "no field 'colour'"),
        ({"field": "title", "text": "x", "post": "none"}, "no longer in the edition"),
        ({"field": "subject", "text": "x", "post": "none"}, "no longer in the edition"),
    ):
        with pytest.raises(UsageError, match=what):
            drafts.save(context, WEEK, by="Ada", **({"post": ""} | arguments))
    with pytest.raises(UsageError, match="There is no edition"):
        drafts.save(context, Week(2020, 1), by="Ada", field="subject", post="", text="x")
    drafts.discard(context, WEEK, by="Ada", field="subject")


def test_a_person_has_so_many_drafts_and_old_ones_are_deleted(store: Store) -> None:
    with store.writing() as connection:
        for number in range(6):
            at = NOW + timedelta(minutes=number)
            stored.save(connection, WEEK, Draft(TypedField.NOTE, f"p{number}", "Ada", "x", "", at), at_most=4)
        stored.save(connection, WEEK, Draft(TypedField.NOTE, "p0", "Bo", "x", "", NOW), at_most=4)
    with store.reading() as connection:
        left = [(each.person, each.post) for each in stored.of_week(connection, WEEK)]
    assert left == [("Bo", "p0"), ("Ada", "p2"), ("Ada", "p3"), ("Ada", "p4"), ("Ada", "p5")]
    with store.writing() as connection:
        stored.prune(connection, before=NOW + timedelta(minutes=4))
    with store.reading() as connection:
        assert [each.post for each in stored.of_week(connection, WEEK)] == ["p4", "p5"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_skipped_week_has_a_reason_and_a_way_back(context: Context) -> None:
    skip(context, WEEK, by="Ada", reason="a week of holidays")
    assert load_edition(context, WEEK)[0].status is EditionStatus.SKIPPED
    assert trail(context, WEEK)[0].detail == {"reason": "a week of holidays"}
    later = replace(context, clock=lambda: NOW + timedelta(hours=1))
    resume(later, WEEK, by="Bo")
    assert load_edition(context, WEEK)[0].status is EditionStatus.DRAFT
    assert "unskipped" in [row.what for row in trail(context, WEEK)]
    with pytest.raises(UsageError, match="neither skipped nor held"):
        resume(later, WEEK, by="Bo")


def test_a_box_takes_what_the_edition_takes(context: Context) -> None:
    """Its counter says how long a text may be, and that is true; what no database stores is left out."""
    post = load_edition(context, WEEK)[1].posts[0].id
    for field in TypedField:
        about = post if field in (TypedField.TITLE, TypedField.NOTE) else ""
        text = "x" * drafts.LONGEST[field]
        drafts.save(context, WEEK, by="Ada", field=field, post=about, text=f"\0{text}")
        assert own(context, "Ada") == {(field.value, about): text}
        change(context, WEEK, Change(Verb(field.value), about, text=text), by="Ada")
        assert own(context, "Ada") == {}, "the edition says the same"
        with pytest.raises(UsageError, match="characters"):
            change(context, WEEK, Change(Verb(field.value), about, text=text + "x"), by="Ada")


def test_a_note_of_two_lines_is_in_the_edition_once_it_is_saved(context: Context) -> None:
    post = load_edition(context, WEEK)[1].posts[0].id
    change(context, WEEK, Change(Verb.NOTE, post, text="One\n\ntwo"), by="Ada")
    assert drafts.save(context, WEEK, by="Ada", field="note", post=post, text="One\n\ntwo") is None
