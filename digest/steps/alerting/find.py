"""Find what is wrong: each thing as an alert. Reads the store, and changes and sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.edition.calendar import CalendarWeek, WeekState
from digest.model.alert import Alert, AlertKind
from digest.steps.bounces.settle import holds
from digest.steps.collecting.source_health import SourceHealth, source_health
from digest.steps.context import Context
from digest.steps.unfinished import unfinished
from digest.store import editions, pending_notices
from digest.store.last_backup import last_backup
from digest.store.standing_queues import standing_queues
from digest.subscribers import hold_advice
from digest.text import plural

_MOST_ABOUT = 200  # characters of the store's column
_CORRECTIONS = timedelta(days=14)  # the deadline of their deliveries is long over after this


def find_alerts(context: Context) -> list[Alert]:
    """Return all that is wrong now, the most urgent kind first."""
    weeks = unfinished(context)
    with context.store.reading() as connection:
        alerts = [
            *_queues(context, connection, weeks),
            *_notices(context, connection),
            *_holds(connection),
            *_backup(context, connection),
        ]
        first = [*_first_edition(context, connection)]
    return [*first, *_editions(context, weeks), *alerts, *_sources(context)]


def _first_edition(context: Context, connection: Connection) -> Iterator[Alert]:
    """The calendar begins with the first edition, so nothing else misses that one."""
    if any(source.active for source in context.settings.sources) and not editions.list_all(connection):
        remedy = "`digest run` makes one. Does a worker run, or cron? `digest doctor` says what is missing."
        # When the newsletter was set up is not stored: its time begins when this is first seen.
        patience = timedelta(days=7, hours=context.settings.alerts.edition_hours)
        yield Alert(AlertKind.EDITION, "first", "There is no edition yet: none was ever made.", remedy, patience)


def _editions(context: Context, weeks: Iterable[CalendarWeek]) -> Iterator[Alert]:
    rule, now = context.settings.alerts, context.clock()
    waits = {
        WeekState.MISSING: timedelta(hours=rule.edition_hours),
        WeekState.DRAFT: timedelta(hours=rule.draft_hours),
        WeekState.ON_HOLD: timedelta(hours=rule.draft_hours),
        WeekState.DUE: timedelta(minutes=rule.queue_minutes),
        WeekState.OVERDUE: timedelta(0),
        WeekState.PAUSED: timedelta(hours=rule.edition_hours),
    }
    for each in weeks:
        if each.state not in waits or (each.since is not None and now - each.since < waits[each.state]):
            continue
        is_waiting = each.state in (WeekState.DRAFT, WeekState.ON_HOLD)
        since = f" since {_moment(context, each.since)}" if each.since else ""
        remedy = f"Run `{each.remedy}`." if each.remedy else ""
        if each.state is WeekState.MISSING:
            remedy += f" If there is to be none, run `digest skip {each.week}`."
        elif is_waiting:
            remedy = f"Look at it on the desk. {remedy}".rstrip()
        kind = AlertKind.DRAFT if is_waiting else AlertKind.EDITION
        yield Alert(kind, str(each.week), f"{each.week} {each.about}{since}.", remedy)


def _queues(context: Context, connection: Connection, weeks: Iterable[CalendarWeek]) -> Iterator[Alert]:
    now = context.clock()
    minutes = timedelta(minutes=context.settings.alerts.queue_minutes)
    going = [each.week for each in weeks if each.state is WeekState.SENDING]
    for queue in standing_queues(connection, going, before=now - minutes, corrections_since=now - _CORRECTIONS):
        waiting = plural(queue.waiting, "delivery", "deliveries")
        what = f"{queue.mailing} stands still: {waiting} to go, none has moved since {_moment(context, queue.since)}."
        command = "digest correct" if queue.mailing.correction else "digest send"
        remedy = f"`{command} {queue.mailing.week}` goes on with it. Does a worker run, or cron?"
        yield Alert(AlertKind.QUEUE, str(queue.mailing), what, remedy)


def _notices(context: Context, connection: Connection) -> Iterator[Alert]:
    before = context.clock() - timedelta(minutes=context.settings.alerts.queue_minutes)
    for notice in pending_notices.all_of(connection):
        row = editions.find(connection, notice.week)
        has_point = notice.while_status in ("", row.status.value if row else "")
        if has_point and notice.at is not None and notice.at <= before:
            what = f"A notice to the editors could not be sent since {_moment(context, notice.at)}: “{notice.subject}”."
            remedy = "It is tried again at each run. `digest check --online` says what the mail server answers."
            yield Alert(AlertKind.NOTICE, f"{notice.week} {notice.event}", what, remedy)


def _holds(connection: Connection) -> Iterator[Alert]:
    for hold in holds(connection):
        what = f"{hold_advice.describe(hold)}. They suppress nobody until somebody decides."
        selection = hold_advice.selection(hold)
        remedy = f"Look for the cause. Then `digest bounces dismiss {selection}`, or `accept` in its place."
        yield Alert(AlertKind.BOUNCES, f"{hold.batch} {hold.name}"[:_MOST_ABOUT], what, remedy)


def _backup(context: Context, connection: Connection) -> Iterator[Alert]:
    now, days = context.clock(), context.settings.alerts.backup_days
    if not days:
        return
    remedy = (
        "`digest backup` makes one; cron or a timer should, each night."
        " If somebody else sees to backups, set [alerts] backup_days = 0."
    )
    last = last_backup(connection)
    if last is not None:
        if now - last.at > timedelta(days=days):
            yield Alert(AlertKind.BACKUP, "", f"The last backup is of {_moment(context, last.at)}.", remedy)
        return
    weeks = [row.week for row in editions.list_all(connection)]
    first = editions.first_made(connection, min(weeks)) if weeks else None
    if first is not None and now - first > timedelta(days=days):  # there is something to lose
        yield Alert(AlertKind.BACKUP, "", "There is no backup of the store.", remedy)


def _sources(context: Context) -> Iterator[Alert]:
    for source in source_health(context):
        if source.active and (alert := _dead(context, source)) is not None:
            yield alert


def _dead(context: Context, source: SourceHealth) -> Alert | None:
    days = timedelta(days=context.settings.alerts.source_days)
    if not source.is_dead:
        return None
    never = "" if source.good_at else " It never was."
    if source.good_at is not None and context.clock() - source.good_at < days:
        return None
    since = f" since {_moment(context, source.good_at)}" if source.good_at else ""
    what = f"The source {source.name} could not be read{since}.{never} {source.reason}".rstrip()
    remedy = "Find its new address (`digest sources discover`), or set `active = false` for it."
    # When a source that was never read was first asked for is not stored: its time begins when it is first seen here.
    patience = timedelta(0) if source.good_at else days
    return Alert(AlertKind.SOURCE, source.name[:_MOST_ABOUT], what, remedy, patience)


def _moment(context: Context, moment: datetime) -> str:
    local = moment.astimezone(context.settings.newsletter.zone)
    return f"{local:%A} {local.day} {local:%B, %H:%M}"
