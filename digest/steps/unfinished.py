"""Every week's edition as the store has it now: there, missing, waiting or unfinished."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from digest.edition.calendar import CalendarWeek, EditionFacts, Planned, WeekState, calendar, calendar_week
from digest.edition.schedule import draft_of
from digest.errors import UsageError
from digest.model import AuditEvent, EditionStatus, Mailing
from digest.settings import Settings
from digest.steps.context import Context
from digest.steps.editing.send_time import overdue_since, planned
from digest.steps.weeks import week_for, window_for
from digest.store import approvals, audit, deliveries, editions
from digest.store.edition_list import EditionListRow, edition_list
from digest.week import Week

_STOPPED = (AuditEvent.HELD, AuditEvent.SKIPPED)
_WAITS = (WeekState.DRAFT, WeekState.ON_HOLD)
_GOING_OUT = (EditionStatus.APPROVED, EditionStatus.SENDING)


def edition_calendar(context: Context, rows: Sequence[EditionListRow] | None = None) -> list[CalendarWeek]:
    """Return every week since the first edition, in order. `rows` are the editions, for who has read them already."""
    with context.store.reading() as connection:
        rows = edition_list(connection) if rows is None else rows
        made, stopped = editions.first_made_of_all(connection), audit.last_of(connection, _STOPPED)
        facts = {each.row.week: _facts(context, connection, each, made, stopped) for each in rows if each.row.is_there}
    now = context.clock()
    return calendar(facts, week_for(context.settings, None, now), _planned(context.settings), now)


def without_edition(context: Context, week: Week) -> CalendarWeek:
    """Return what is planned for a week that has no edition."""
    return calendar_week(week, None, _planned(context.settings), context.clock())


def _planned(settings: Settings) -> Planned:
    return Planned(lambda week: window_for(settings, week), lambda week: draft_of(settings, week))


def unfinished(context: Context) -> list[CalendarWeek]:
    """Return the weeks whose edition is missing, waits for somebody, or is not completely sent; oldest first."""
    return [each for each in edition_calendar(context) if each.is_unfinished]


def waiting(context: Context) -> list[CalendarWeek]:
    """Return the editions that wait for an approval, oldest first."""
    return [each for each in unfinished(context) if each.state in _WAITS]


def week_to_approve(context: Context) -> Week:
    """Return the week that is approved where none is named: the last one that has closed.

    Raises UsageError if its edition does not wait for an approval, and names those that do.
    """
    week = week_for(context.settings, None, context.clock())
    here = next((each for each in edition_calendar(context) if each.week == week), None)
    if here is not None and here.facts is not None and here.state not in (WeekState.SKIPPED, WeekState.SENT):
        return week
    others = waiting(context)
    raise UsageError(
        f"{week} {here.about if here else 'has no edition'}.",
        f"These wait: {', '.join(str(each.week) for each in others)}. Name one: `{others[-1].remedy}`."
        if others
        else f"No edition waits for an approval. `digest approve {week}` means this one all the same.",
    )


def _facts(
    context: Context,
    connection: Connection,
    each: EditionListRow,
    made: dict[Week, datetime],
    stopped: dict[Week, datetime],
) -> EditionFacts:
    row, week = each.row, each.row.week
    begins = overdue = moved_at = None
    first_approval = ""
    if row.status in _GOING_OUT and (approval := approvals.in_force(connection, week)):
        begins, overdue = planned(context.settings, row, approval), overdue_since(context, connection, row, approval)
        moved_at = deliveries.last_change(connection, Mailing(week))
    if row.status is EditionStatus.DRAFT and (first := approvals.first_of_two(connection, week)):
        first_approval = first.by if first.revision == row.revision else ""
    return EditionFacts(
        row.status,
        each.posts,
        each.counts,
        made.get(week),
        stopped.get(week),
        begins,
        overdue,
        moved_at,
        row.paused_at,
        row.paused_by,
        row.sent_at,
        first_approval,
    )
