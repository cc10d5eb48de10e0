"""The one way in which an edition is changed by an editor: checked, written, recorded, composed again.

    Change ─decide▶ fields ─marks▶ written with an audit row that has each value before and after ─recompose▶ revision

A change that would overwrite somebody else's raises ClashError, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.edition.editing import describe
from digest.edition.editing.change import Change, Decided, Facts, Verb
from digest.edition.editing.decide import decide
from digest.edition.editing.marks import clashing
from digest.errors import Clash, ClashError, UsageError
from digest.model import ELSEWHERE, Edition, EditionStatus, EditorState
from digest.model.editor_state import Fields, posts_of
from digest.settings import Settings
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.steps.editing.wake_prefect import wake
from digest.store import approvals, articles, audit, editions, editor_states, posts
from digest.store.editions import EditionRow
from digest.week import Week

_EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)
_SEND_AT = "send_at"


@dataclass(frozen=True, slots=True)
class Made:
    """A change that was made. It can be undone by its id."""

    id: int  # of its row in the audit trail; 0 if there was nothing to change
    sentence: str  # for the editor
    posts: tuple[str, ...] = ()  # whose decisions it changed
    themes: tuple[str, ...] = ()  # whose order it changed
    revision: int = 0  # the edition's, afterwards


def state_of(context: Context, week: Week) -> EditorState:
    """Return what editors decided and wrote about the edition."""
    with context.store.reading() as connection:
        return editor_states.load(connection, week)


def theme_titles(settings: Settings) -> dict[str, str]:
    """Return the themes that a post can be in: key to title."""
    return {theme.key: theme.title for theme in settings.themes} | {ELSEWHERE: "Elsewhere"}


def change(context: Context, week: Week, intent: Change, *, by: str, marks: str = "") -> Made:
    """Make a change and compose the edition again. `marks` are those of what the editor saw; "" checks nothing.

    Raises UsageError if the change makes no sense or comes too late, ClashError if somebody else was quicker.
    """
    now = context.clock()
    with context.store.writing() as connection:
        state = editor_states.load(connection, week, lock=True)
        row = editable(connection, week)
        facts = _facts(context, connection, week, intent, by=by, now=now)
        decided = decide(_at_once(context, row, intent, now), state, facts)
        overwritten = clashing(state, intent.post, marks, decided.fields)
        if overwritten:
            raise _clash(context, connection, week, state, decided.fields, overwritten, facts)
        detail = {"verb": intent.verb.value} | ({"post": intent.post} if intent.post else {})
        made = write(connection, week, state, decided, facts, by=by, detail=detail)
    return finish(context, week, made, decided.fields, by=by)


def write(
    connection: Connection,
    week: Week,
    state: EditorState,
    decided: Decided,
    facts: Facts,
    *,
    by: str,
    detail: Mapping[str, Any],
) -> Made:
    """Store the fields that differ, and record each with its value before and after."""
    fields = _differs(state, decided.fields)
    if not fields:
        return Made(0, decided.sentence, revision=facts.edition.revision)
    editor_states.save(connection, week, state.with_fields(fields), fields, at=facts.now)
    if set(fields) != {_SEND_AT}:
        _void_approval(connection, week, facts.now)
    involved = (*posts_of(fields), *filter(None, [detail.get("post")]))
    values = dict(detail) | {
        "fields": {key: [state.value(key), value] for key, value in fields.items()},
        "titles": {post: facts.title(post) for post in involved},
    }
    number = audit.record(connection, decided.event, at=facts.now, by=by, week=week, detail=values)
    themes = tuple(key.partition("/")[2] for key in fields if key.startswith("order/"))
    return Made(number, decided.sentence, posts_of(fields), themes, facts.edition.revision)


def _void_approval(connection: Connection, week: Week, now: datetime) -> None:
    """Together with the change: sending must not begin, nor a killed desk leave it possible, until it is composed."""
    if approvals.void(connection, week, because="the edition was changed", at=now):
        editions.move(connection, week, [EditionStatus.APPROVED], EditionStatus.DRAFT)


def finish(context: Context, week: Week, made: Made, fields: Iterable[str], *, by: str) -> Made:
    """Compose again if the change shows in the edition; plan a run if it changes when the edition is sent."""
    keys = set(fields)
    if _SEND_AT in keys:
        wake(context, week)
    if not made.id or keys == {_SEND_AT}:
        return made
    return replace(made, revision=recompose(context, week, by=by).edition.revision)


def editable(connection: Connection, week: Week) -> EditionRow:
    """Return the edition's row. Raises UsageError if there is none, or if it cannot be changed any more."""
    row = editions.find(connection, week)
    if row is None:
        raise UsageError(f"There is no edition {week}.", f"Compose it with `digest compose --week {week}`.")
    if row.status not in _EDITABLE:
        remedy = "`digest correct` sends a correction to those who got it."
        if row.status is EditionStatus.SKIPPED:
            remedy = "Take the skipping back first."
        raise UsageError(f"The edition {week} is {row.status.value}: it cannot be changed any more.", remedy)
    return row


def facts_of(
    context: Context, connection: Connection, week: Week, *, by: str, now: datetime, own_title: str = ""
) -> Facts:
    """Return what deciding needs to know about the edition."""
    edition = editions.load(connection, week) or Edition(week, 0, "", now, now, ())
    settings = context.settings
    return Facts(
        edition,
        by,
        now,
        theme_titles(settings),
        settings.summary.sentences,
        own_title,
        max_words=settings.summary.max_words,
    )


def _facts(context: Context, connection: Connection, week: Week, intent: Change, *, by: str, now: datetime) -> Facts:
    facts = facts_of(context, connection, week, by=by, now=now)
    if not intent.post:
        return facts
    stored = posts.by_id(connection, [intent.post]).get(intent.post)
    if intent.verb is Verb.BRING_IN:
        _refuse_elsewhere(connection, week, intent.post, exists=stored is not None)
    facts = replace(facts, own_title=stored.post.title if stored else "")
    if intent.verb in (Verb.SENTENCES, Verb.FULL):
        cached = articles.load(connection, [intent.post])
        sentences = cached[intent.post].read.sentences if intent.post in cached else ()
        facts = replace(facts, sentences={(each.start, each.end): len(each.text.split()) for each in sentences})
    return facts


def _refuse_elsewhere(connection: Connection, week: Week, post: str, *, exists: bool) -> None:
    if not exists:
        raise UsageError("There is no such post.", "It may have been removed; search for it again.")
    other = editions.shown_in_other_weeks(connection, besides=week).get(post)
    if other is not None:
        raise UsageError(f"The edition {other} already has this post.", "A post is in one edition only.")


def _at_once(context: Context, row: EditionRow, intent: Change, now: datetime) -> Change:
    """Without a schedule, an approved edition is sent at once; counted from its approval, it might be overdue."""
    if intent.verb is not Verb.SCHEDULE or intent.moment is not None:
        return intent
    at_once = row.status is EditionStatus.APPROVED and not context.settings.schedule.send
    return replace(intent, moment=now) if at_once else intent


def _differs(state: EditorState, fields: Fields) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if state.value(key) != value}


# --- Clashes ----------------------------------------------------------------------------------------------------------


def _clash(
    context: Context,
    connection: Connection,
    week: Week,
    state: EditorState,
    fields: Fields,
    overwritten: Iterable[str],
    facts: Facts,
) -> ClashError:
    themes = theme_titles(context.settings)
    return ClashError(
        tuple(
            clash_of(connection, week, key, state.value(key), fields.get(key, state.value(key)), facts.title, themes)
            for key in overwritten
        )
    )


def clash_of(
    connection: Connection,
    week: Week,
    key: str,
    present: Any,
    new: Any,
    titles: Callable[[str], str],
    themes: Mapping[str, str],
) -> Clash:
    """Return one clash in words, with who changed the field last."""
    last = audit.last_change_of(connection, week, key)
    return Clash(
        key,
        describe.name_of(key, titles, themes),
        describe.value_of(key, present, titles, themes),
        describe.value_of(key, new, titles, themes),
        last.by if last else "",
        last.at if last else None,
    )
