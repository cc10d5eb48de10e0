"""Undoing one change, and restoring a revision. Both are changes themselves, so both can be undone."""

from __future__ import annotations

from datetime import datetime

from digest.edition.editing.change import Decided
from digest.errors import ClashError, UsageError
from digest.model import AuditEvent
from digest.model.editor_state import default_of
from digest.steps.context import Context
from digest.steps.editing.approve import resume
from digest.steps.editing.changes import Made, clash_of, editable, facts_of, finish, theme_titles, write
from digest.store import audit, editions, editor_states
from digest.store.audit import AuditRow
from digest.week import Week

_UNRESTORED = ("send_at",)
"""Fields that are no part of what a revision shows."""


def undo(context: Context, week: Week, number: int, *, by: str) -> Made:
    """Put back what one change replaced; `number` is its id. Undoing an undo makes the change again.

    Raises ClashError if a later change set the same thing, UsageError if the change cannot be undone.
    """
    with context.store.reading() as connection:
        row = audit.find(connection, week, number)
    if row is None:
        raise UsageError("There is no such change.", "The history lists every change of the edition.")
    if row.what == AuditEvent.SKIPPED.value:
        resume(context, week, by=by)
        return Made(0, f"{week} is not skipped any more: its draft is back.")
    fields = {key: before for key, (before, _) in row.fields.items()}
    if not fields:
        raise UsageError(f"“{row.what.capitalize()}” cannot be undone.", "The history says what can be.")
    now = context.clock()
    with context.store.writing() as connection:
        state = editor_states.load(connection, week, lock=True)
        editable(connection, week)
        facts = facts_of(context, connection, week, by=by, now=now)
        newer = [key for key, (before, after) in row.fields.items() if state.value(key) not in (before, after)]
        if newer:
            themes = theme_titles(context.settings)
            raise ClashError(
                tuple(
                    clash_of(connection, week, key, state.value(key), fields[key], facts.title, themes) for key in newer
                )
            )
        _refuse_past(fields.get("send_at"), now)
        decided = Decided(AuditEvent.UNDONE, fields, f"Undone: {_words(row)}.")
        detail = {"undoes": number, "of": row.what} | {key: row.detail[key] for key in ("post",) if key in row.detail}
        made = write(connection, week, state, decided, facts, by=by, detail=detail)
    return finish(context, week, made, fields, by=by)


def is_about_sending(context: Context, week: Week, number: int) -> bool:
    """Return whether undoing a change decides when, or whether, the edition is sent."""
    with context.store.reading() as connection:
        row = audit.find(connection, week, number)
    return row is not None and (row.what == AuditEvent.SKIPPED.value or "send_at" in row.fields)


def _refuse_past(moment: str | None, now: datetime) -> None:
    """Raise UsageError for a time of sending that is over: the edition would be sent at once."""
    if moment and datetime.fromisoformat(moment) < now:
        raise UsageError("The time that was set before is over.", "Choose a time to come, or send at once.")


def restore(context: Context, week: Week, revision: int, *, by: str) -> Made:
    """Bring back what editors had decided and written when a revision was made. Raises UsageError.

    Posts and pages stay as they are now: a post that came since is placed by the ranking.
    """
    now = context.clock()
    with context.store.writing() as connection:
        state = editor_states.load(connection, week, lock=True)
        row = editable(connection, week)
        stored = editions.editing_of(connection, week, revision)
        if stored is None:
            known = editions.load(connection, week, revision) is not None
            what = "cannot be restored: it was made by an older version" if known else "does not exist"
            raise UsageError(f"Revision {revision} of {week} {what}.", f"The edition is at revision {row.revision}.")
        facts = facts_of(context, connection, week, by=by, now=now)
        keys = [key for key in {**state.fields(), **stored} if key not in _UNRESTORED]
        fields = {key: stored.get(key, default_of(key)) for key in keys}
        decided = Decided(AuditEvent.REVISION_RESTORED, fields, f"Revision {revision} is restored.")
        made = write(connection, week, state, decided, facts, by=by, detail={"restored": revision})
    return finish(context, week, made, fields, by=by)


def undoable(context: Context, week: Week, *, by: str) -> int:
    """Return the id of this editor's newest change that is not undone; 0 if there is none."""
    return next((row.id for row in _effective(context, week) if row.by == by and "undoes" not in row.detail), 0)


def redoable(context: Context, week: Week, *, by: str) -> int:
    """Return the id of this editor's last act if it was an undo, for undoing that; else 0."""
    last = next((row for row in _effective(context, week) if row.by == by), None)
    return last.id if last is not None and "undoes" in last.detail else 0


def _effective(context: Context, week: Week) -> list[AuditRow]:
    """Return the changes and undos that have not been undone in turn, newest first."""
    with context.store.reading() as connection:
        rows = audit.trail(connection, week, limit=None)
    undone: set[int] = set()
    effective = []
    for row in rows:
        if row.id not in undone and row.fields:
            undone.add(row.detail.get("undoes", 0))
            effective.append(row)
    return effective


def _words(row: AuditRow) -> str:
    title = row.detail.get("titles", {}).get(row.detail.get("post", ""), "")
    return f"{row.what}, “{title}”" if title else row.what
