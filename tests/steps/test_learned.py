"""What moves teach can be seen, forgotten and remembered; the post stays where it was moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.edition.editing.change import Change, Verb
from digest.errors import UsageError
from digest.model import AuditEvent
from digest.steps import learned
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.changes import change
from digest.steps.editing.desk_data import trail
from digest.store.engine import Store
from tests.cli.commands import digest
from tests.steps.newsletter_setup import WEEK, Newsletter, set_up

SOURCE = "Working at Estuary"


@pytest.fixture
def newsletter(tmp_path: Path, store: Store) -> Iterator[Newsletter]:
    with set_up(tmp_path, store, sources=(SOURCE,)) as setup:
        yield setup


def _theme_of(newsletter: Newsletter, post: str) -> str:
    sections = compose(newsletter.context, WEEK).edition.sections
    return next(section.theme for section in sections for other in section.posts if other.id == post)


def test_a_move_is_seen_forgotten_and_remembered(newsletter: Newsletter, parsers: ParsePool) -> None:
    context = newsletter.context
    collect(context, week=WEEK, parsers=parsers)
    section = compose(context, WEEK).edition.sections[0]
    post = section.posts[0]
    to = next(theme for theme in context.settings.themes if theme.key != section.theme)

    def move(theme: str) -> None:
        change(context, WEEK, Change(Verb.MOVE, post.id, theme=theme), by="ada")

    assert learned.lessons(context) == []
    move(to.key)
    (lesson,) = learned.lessons(context)
    assert (lesson.title, lesson.source, lesson.theme, lesson.source_moves) == (post.title, SOURCE, to.key, 1)
    assert lesson.teaches.startswith(f"Posts of {SOURCE} go to {to.title} more readily (1 move). So do posts that")
    assert lesson.words
    assert all(f"“{word}”" in lesson.teaches for word in lesson.words)
    assert lesson.rather_than == section.theme
    assert [row.theme for row in learned.evidence(context)] == [to.key]

    learned.forget(context, lesson.id, by="bo")
    learned.forget(context, lesson.id, by="bo")
    assert learned.evidence(context) == ()
    assert [(row.forgotten, row.teaches, row.words) for row in learned.lessons(context)] == [
        (True, "Nothing: it was forgotten.", ())
    ]
    assert _theme_of(newsletter, post.id) == to.key, "the post stays where it was moved"
    forgotten = next(row for row in trail(context, WEEK) if row.what == AuditEvent.MOVE_FORGOTTEN.value)
    assert (forgotten.by, forgotten.detail["theme"]) == ("bo", to.key)

    # Another move of the post is another lesson.
    other = next(theme.key for theme in context.settings.themes if theme.key not in {section.theme, to.key})
    move(other)
    assert [row.theme for row in learned.evidence(context)] == [other]
    move(to.key)
    assert learned.evidence(context) == ()

    shown = json.loads(digest("learned", "list", "--json", cwd=context.settings.folder).stdout)
    assert [row["id"] for row in shown["lessons"]] == [lesson.id]
    assert digest("learned", "remember", lesson.id, cwd=context.settings.folder).returncode == 0
    assert learned.lessons(context) == [replace(lesson, moved_at=learned.lessons(context)[0].moved_at)]
    assert f"{lesson.id}  {post.title}" in digest("learned", "list", cwd=context.settings.folder).stdout
    assert digest("learned", "forget", lesson.id, cwd=context.settings.folder).returncode == 0
    assert learned.evidence(context) == ()


@pytest.mark.parametrize("lesson", ["", "2026-W10", "2026-W10:0123456789abcdef", "no week:0123456789abcdef"])
def test_a_move_that_there_is_not_cannot_be_forgotten(newsletter: Newsletter, lesson: str) -> None:
    with pytest.raises(UsageError):
        learned.forget(newsletter.context, lesson, by="ada")
