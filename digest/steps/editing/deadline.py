"""The deadline of a draft: remind editors before it, and at it do what `[approval] no_answer` says.

    draft ── deadline − remind_hours ──▶ reminder ── deadline ──▶ "hold": nothing
                                                              └─▶ "send": approved by the digest, if it may

"Nobody answered" means that no person has approved, held, skipped or taken back the edition, ever (`answered_at`). It
is looked at again in the transaction that approves, so an answer that comes at the last moment wins. Safe to call every
few minutes, from several programs: an approved edition is no draft any more.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.errors import ApprovalError
from digest.events import DeadlineNear, DeadlinePassed
from digest.log import for_week
from digest.model import EditionStatus, Severity
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import EditionView, load
from digest.steps.weeks import window_for
from digest.store import editions
from digest.store.editions import EditionRow
from digest.text import plural
from digest.week import Week

LOG = logging.getLogger(__name__)

NOBODY = "the digest (nobody answered)"
_UNDISTURBED = timedelta(minutes=30)  # whoever has changed something so lately is still at it


def deadline_of(context: Context, connection: Connection, row: EditionRow) -> datetime | None:
    """Return until when the edition waits for an answer, in UTC; None for one that waits for ever, or not at all."""
    hours = context.settings.approval.deadline_hours
    if not hours or row.status is not EditionStatus.DRAFT or row.answered_at is not None:
        return None
    made = editions.first_made(connection, row.week)
    # A draft that was composed before its week had closed has not been complete so long.
    return None if made is None else max(made, window_for(context.settings, row.week).ends) + timedelta(hours=hours)


def keep_deadlines(context: Context) -> list[Week]:
    """Remind editors of deadlines, and approve what nobody has answered about. Return which weeks were approved."""
    now, approved = context.clock(), []
    with context.store.reading() as connection:
        rows = editions.list_all(connection)
        deadlines = {row.week: moment for row in rows if (moment := deadline_of(context, connection, row)) is not None}
        busy = {week for week in deadlines if _is_busy(connection, week, now)}
    remind = timedelta(hours=context.settings.approval.remind_hours)
    for week, deadline in sorted(deadlines.items()):
        if deadline - remind <= now < deadline:
            _remind(context, week, deadline)
        elif now >= deadline and context.settings.approval.no_answer == "send":
            if week in busy:
                for_week(LOG, week).info("The deadline has passed; somebody is still editing.")
            elif _approve(context, week, deadline):
                approved.append(week)
    return approved


def _is_busy(connection: Connection, week: Week, now: datetime) -> bool:
    last = editions.last_made(connection, week)
    return last is not None and last[1] != "digest" and now - last[0] < _UNDISTURBED


def _remind(context: Context, week: Week, deadline: datetime) -> None:
    view = load(context, week)
    sends = context.settings.approval.no_answer == "send"
    context.emit(DeadlineNear(view.edition, deadline, sends, obstacle(context, view), _warnings(view)))


def _approve(context: Context, week: Week, deadline: datetime) -> bool:
    late = context.clock() - deadline > timedelta(hours=context.settings.schedule.latest_hours)
    if late:  # subscribers expect no mail at this time: the machine was off, or the setting is new
        for_week(LOG, week).warning("The deadline passed too long ago; waits for approval.")
        return False
    view = load(context, week)
    reason = obstacle(context, view)
    if not reason:
        try:
            approve(context, week, by=NOBODY, revision=view.row.revision, fingerprint=view.fingerprint, person=False)
        except ApprovalError as error:
            reason = error.what
    with context.store.reading() as connection:
        row = editions.find(connection, week)
    if reason and (row is None or row.status is not EditionStatus.DRAFT or row.answered_at is not None):
        return False  # somebody, or another run, was faster
    links_checked = view if reason else load(context, week)
    context.emit(DeadlinePassed(view.edition, reason, _warnings(links_checked)))
    return not reason


def obstacle(context: Context, view: EditionView) -> str:
    """Return why the draft cannot go out by itself; "" if it can."""
    fewest = max(1, context.settings.approval.minimum_posts)
    posts = len(view.edition.posts)
    if posts < fewest:
        return f"it has {plural(posts, 'post')}, and goes out by itself with {fewest} or more"
    errors = [finding.message for finding in view.findings if finding.severity is Severity.ERROR]
    return "; ".join(errors)


def _warnings(view: EditionView) -> tuple[str, ...]:
    return tuple(finding.message for finding in view.findings if finding.severity is Severity.WARNING)
