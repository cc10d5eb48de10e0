"""The editor's changes. Each makes a new revision, voids the approval, and adds a row to the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model import AuditEvent, Decision, EditionStatus
from digest.steps.composing.compose import ComposeReport, recompose
from digest.steps.context import Context
from digest.steps.editing.wake_prefect import wake
from digest.store import audit, editions, editor_decisions
from digest.store.editions import EditionRow
from digest.week import Week

_EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)


def change_decision(
    context: Context, week: Week, post: str, *, by: str, change: Callable[[Decision], Decision], event: AuditEvent
) -> ComposeReport:
    """Apply `change` to the decision about `post` and compose again. Raises UsageError if it is too late."""

    def write(connection: Connection, now: datetime) -> dict[str, Any]:
        before = editor_decisions.of_week(connection, week).get(post, Decision(post))
        after = replace(change(before), post=post)
        editor_decisions.decide(connection, week, after, at=now)
        return {"post": post, "decision": asdict(after)}

    return _edited(context, week, by=by, event=event, write=write)


def write_introduction(context: Context, week: Week, text: str, *, by: str) -> ComposeReport:
    """Set the editor's introduction (Markdown)."""
    return _set_text(context, week, by=by, event=AuditEvent.INTRODUCTION_WRITTEN, column="introduction", text=text)


def write_subject(context: Context, week: Week, text: str, *, by: str) -> ComposeReport:
    """Set the editor's own subject; "" lets the template write it."""
    line = " ".join(text.split())
    return _set_text(context, week, by=by, event=AuditEvent.SUBJECT_WRITTEN, column="subject", text=line)


def schedule(context: Context, week: Week, moment: datetime | None, *, by: str) -> None:
    """Set when the approved edition is sent; None follows the settings. Content and approval stay."""
    now = context.clock()
    with context.store.writing() as connection:
        row = _editable(connection, week)
        if moment is None and row.status is EditionStatus.APPROVED and not context.settings.schedule.send:
            moment = now  # at once; counted from its approval, the edition might already be overdue
        editions.set_fields(connection, week, send_at=moment)
        detail = {"send_at": moment.isoformat() if moment else None}
        audit.record(connection, AuditEvent.SCHEDULED, at=now, by=by, week=week, detail=detail)
    wake(context, week)


def _set_text(context: Context, week: Week, *, by: str, event: AuditEvent, column: str, text: str) -> ComposeReport:
    def write(connection: Connection, now: datetime) -> dict[str, Any]:
        del now
        editions.set_fields(connection, week, **{column: text})
        return {column: text}

    return _edited(context, week, by=by, event=event, write=write)


def _editable(connection: Connection, week: Week) -> EditionRow:
    row = editions.find(connection, week)
    if row is None:
        raise UsageError(f"There is no edition {week}.", f"Compose it with `digest compose --week {week}`.")
    if row.status not in _EDITABLE:
        raise UsageError(
            f"The edition {week} is {row.status.value}: it cannot be changed any more.",
            "`digest correct` sends a correction to those who got it.",
        )
    return row


def _edited(
    context: Context, week: Week, *, by: str, event: AuditEvent, write: Callable[[Connection, datetime], dict[str, Any]]
) -> ComposeReport:
    now = context.clock()
    with context.store.writing() as connection:
        _editable(connection, week)
        detail = write(connection, now)
        audit.record(connection, event, at=now, by=by, week=week, detail=detail)
    return recompose(context, week, by=by)
