"""The history of an edition, who is in it, and what brought posts in."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from digest.edition.editing.change import Change, Verb
from digest.errors import UsageError
from digest.model import AuditEvent
from digest.steps.composing.compose import compose, recompose
from digest.steps.context import Context
from digest.steps.editing.changes import change
from digest.steps.editing.edition_view import load, load_edition
from digest.steps.editing.history import changed_since, entries, history, newest_change
from digest.steps.editing.history_export import COLUMNS, as_csv, as_rows, as_text
from digest.steps.editing.presence import ABSENT_AFTER, Presence
from digest.steps.editing.undo import undo
from digest.store import audit
from digest.store.schema import posts
from digest.week import Week
from tests.steps.newsletter_setup import NOW, WEEK


def later(context: Context, **difference: int) -> Context:
    return replace(context, clock=lambda: NOW + timedelta(**difference))


def test_the_history_is_told_in_sittings_and_plain_words(draft: Context) -> None:
    edition = load_edition(draft, WEEK)[1]
    first, second = edition.posts[:2]
    begun = newest_change(draft, WEEK)
    change(draft, WEEK, Change(Verb.TITLE, first.id, "A <b>better</b> title"), by="Ann")
    change(later(draft, minutes=29), WEEK, Change(Verb.NOTE, first.id, "=HYPERLINK(1)"), by="Ann")
    change(later(draft, minutes=40), WEEK, Change(Verb.DROP, second.id, "off topic"), by="Bob")
    made = change(later(draft, hours=3), WEEK, Change(Verb.SUBJECT, text="Ours"), by="Bob")
    undo(later(draft, hours=4), WEEK, made.id, by="Bob")

    undone, subject, dropped, titles = history(draft, WEEK)[:4]
    assert [len(each.entries) for each in (undone, subject, dropped, titles)] == [1, 1, 1, 3]
    assert [each.by for each in (undone, subject, dropped, titles)] == ["Bob", "Bob", "Bob", "Ann"]
    note, title, composed = titles.entries
    assert (composed.what, composed.by, composed.revision) == ("composed", "digest", 1)
    assert (title.title, title.what) == ("A <b>better</b> title", "title edited")
    (one,) = title.replaced
    assert (one.what, one.before, one.after) == (
        "title of “A <b>better</b> title”",
        "empty",
        "“A <b>better</b> title”",
    )
    assert (title.revision, note.revision) == (2, 3)
    assert dropped.entries[0].title == second.title
    assert subject.entries[0].undone
    assert not subject.entries[0].undoable
    assert undone.entries[0].undoable

    rows = entries(draft, WEEK)
    table = list(csv.DictReader(io.StringIO(as_csv(rows), newline="")))
    assert set(table[0]) == set(COLUMNS)
    assert [row["after"] for row in table if row["what"] == "note written"] == ["“=HYPERLINK(1)”"]
    assert [row["id"] for row in table] == sorted((row["id"] for row in table), key=int)
    assert json.loads(json.dumps(as_rows(rows)))[-1]["what"] == "undone"
    assert "subject: “Ours” → empty" in as_text(history(draft, WEEK))
    assert len(changed_since(draft, WEEK, begun).entries) == 5
    newest = changed_since(draft, WEEK, begun).id
    assert changed_since(draft, WEEK, newest).entries == ()
    assert changed_since(draft, WEEK, newest).id == newest


def test_a_change_keeps_its_revision_whatever_happens_before_it_is_composed(draft: Context) -> None:
    with draft.store.writing() as connection:
        detail: dict[str, Any] = {"fields": {"subject": ["", "Ours"]}}
        audit.record(connection, AuditEvent.SUBJECT_WRITTEN, at=NOW, by="Ann", week=WEEK, detail=detail)
        audit.record(connection, AuditEvent.LINKS_CHECKED, at=NOW, by="digest", week=WEEK)
        audit.record(connection, AuditEvent.SUBJECT_WRITTEN, at=NOW, by="Bob", week=WEEK, detail=detail)
        audit.record(connection, AuditEvent.COMPOSED, at=NOW, by="Ann", week=WEEK, detail={"revision": 7})
        audit.record(connection, AuditEvent.COMPOSED, at=NOW, by="Bob", week=WEEK, detail={"revision": 8})
    assert [(each.by, each.revision) for each in entries(draft, WEEK)[:3]] == [("Bob", 8), ("digest", 0), ("Ann", 7)]


def test_rows_of_older_versions_are_shown_and_cannot_be_undone(draft: Context) -> None:
    post = load_edition(draft, WEEK)[1].posts[0]
    with draft.store.writing() as connection:
        detail = {"post": post.id, "decision": {"pinned": True}}
        audit.record(connection, AuditEvent.PINNED, at=NOW, by="Ann", week=WEEK, detail=detail)
    entry = entries(draft, WEEK)[0]
    assert (entry.what, entry.title, entry.undoable) == ("pinned", post.title, False)
    with pytest.raises(UsageError, match="cannot be undone"):
        undo(draft, WEEK, entry.id, by="Ann")


def test_who_is_in_an_edition_is_known_until_the_page_falls_silent() -> None:
    present = Presence()
    present.touch(WEEK, "one", "Ann", NOW)
    present.touch(WEEK, "two", "Ann", NOW + timedelta(seconds=2))
    present.touch(WEEK, "three", "Bob", NOW + timedelta(seconds=3))
    present.touch(Week(2026, 11), "four", "Cem", NOW)
    now = NOW + timedelta(seconds=4)
    assert [(each.name, each.since) for each in present.others(WEEK, "three", now)] == [("Ann", NOW)]
    assert [each.name for each in present.others(WEEK, "", now)] == ["Ann", "Bob"]
    present.left(WEEK, "three")
    assert [each.name for each in present.others(WEEK, "", now)] == ["Ann"]
    silent = NOW + ABSENT_AFTER + timedelta(seconds=3)
    assert present.others(WEEK, "", silent) == ()
    present.touch(WEEK, "one", "Ann", silent)
    assert present.others(WEEK, "", silent)[0].since == silent, "who returns has come anew"
    for number in range(2_000):
        present.touch(WEEK, str(number), "Eve", silent)
    assert [each.name for each in present.others(WEEK, "", silent)] == ["Eve"], "the memory is bounded"


@pytest.mark.parametrize("fault", ["copy", "quarantine", "age"])
def test_bringing_in_overrules_what_spoke_against_a_post(draft: Context, fault: str) -> None:
    edition = load_edition(draft, WEEK)[1]
    original, post = edition.posts[0], edition.posts[-1]
    values = {
        "copy": {"same_as": original.id},
        "quarantine": {"quarantine": "an old entry that came back"},
        "age": {"published": NOW - timedelta(days=300), "first_seen": NOW - timedelta(days=300)},
    }[fault]
    with draft.store.writing() as connection:
        connection.execute(update(posts).where(posts.c.id == post.id).values(**values))
    assert post.id not in {each.id for each in recompose(draft, WEEK, by="digest").edition.posts}
    made = change(draft, WEEK, Change(Verb.BRING_IN, post.id, theme="recruitment"), by="Ann")
    section = next(each for each in load_edition(draft, WEEK)[1].sections if each.theme == "recruitment")
    brought = next(each for each in section.posts if each.id == post.id)
    words = {"copy": f"the same as “{original.title}”", "quarantine": "in quarantine", "age": "too old"}[fault]
    reason = next(each for each in brought.because if each.startswith("brought in by Ann"))
    assert words in reason
    assert compose(draft, WEEK).edition.sections == load(draft, WEEK).edition.sections, "composing leaves it there"
    undo(draft, WEEK, made.id, by="Ann")
    assert post.id not in {each.id for each in load_edition(draft, WEEK)[1].posts}
    with pytest.raises(UsageError, match="no such post"):
        change(draft, WEEK, Change(Verb.BRING_IN, "0123456789abcdef"), by="Ann")
