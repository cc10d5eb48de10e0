"""Approving, holding and skipping. Approval is of exact content; any later change voids it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.edition.preflight.content import EMPTY
from digest.errors import ApprovalError, UsageError
from digest.events import FirstApproval
from digest.log import for_week
from digest.model import Approval, AuditEvent, Edition, EditionStatus, Finding, Mailing, RevisionCount, Severity
from digest.steps.composing.compose import recompose
from digest.steps.composing.compose_month import is_month_current
from digest.steps.context import Context
from digest.steps.editing import audience
from digest.steps.editing.edition_view import EditionView, load, load_edition, with_links
from digest.steps.editing.revisions_sent import already_sent
from digest.steps.editing.second_approval import with_first
from digest.steps.editing.send_time import planned
from digest.steps.editing.wake_prefect import wake
from digest.steps.weeks import refuse_open
from digest.store import approvals, audit, deliveries, editions, editor_states, identity
from digest.store.editions import EditionRow
from digest.store.recipients import recipients
from digest.store.revision_counts import revision_counts
from digest.text import plural, without_controls
from digest.week import Week

LOG = logging.getLogger(__name__)

_APPROVABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED, EditionStatus.SKIPPED)
AUTOMATIC = "automatic approval"


def approve(
    context: Context,
    week: Week,
    *,
    by: str,
    revision: int | None = None,
    fingerprint: str | None = None,
    despite: Callable[[Finding], bool] = lambda _warning: True,
    waking: bool = True,
    subscribers: int | None = None,
    cancel_seconds: int = 0,
    person: bool = True,
    early: bool = False,
    without_posts: bool = False,
) -> Approval:
    """Approve the edition as it stands; `revision`, `fingerprint` and `subscribers` say what the approver saw.

    Links that were not checked lately are checked first, for `check_links.SECONDS_FOR_ALL_LINKS` seconds at most.
    `despite` says of each warning whether the approver has seen it; the default approves and logs every warning.
    With `waking`, Prefect plans a run that sends the edition. What would go out at once waits for `cancel_seconds`, so
    that the approval can be taken back. If `[approval] second` asks for two persons, the first approval `waits` for
    another person's of the same content. Without `person`, the digest approves by itself: only a draft about which
    nobody has decided. `without_posts` says that the approver wants an edition without posts to go out.

    Raises UsageError for a week that has not closed, unless `early`. Raises ApprovalError when the edition has changed
    since the approver saw it, when the preflight finds an error or a warning that the approver has not seen, or when
    the edition's status allows no approval.
    """
    refuse_open(context, week, early=early)
    _compose_what_was_decided(context, week)
    view = load(context, week)
    if revision is not None and revision != view.row.revision:
        raise ApprovalError(
            f"The edition {week} is at revision {view.row.revision}, not {revision}.", "Look at it again, then approve."
        )
    if fingerprint is not None and fingerprint != view.fingerprint:
        raise ApprovalError(
            f"The edition {week} has changed since you looked at it.", "Look at it again, then approve."
        )
    if view.status not in _APPROVABLE:
        raise ApprovalError(f"The edition {week} is {view.status.value}.", "There is nothing to approve.")
    if view.approval is not None and view.status is EditionStatus.APPROVED:
        return view.approval
    _refuse_findings(view, despite, without_posts)  # before any server is asked about links
    view = with_links(context, view)
    _refuse_findings(view, despite, without_posts)
    approval = Approval(week, view.row.revision, view.fingerprint, by, context.clock())
    with context.store.writing() as connection:
        active = audience.size(connection, view.edition, approval.at)
        row = editions.find(connection, week)
        if row is None or row.revision != approval.revision or not editor_states.is_composed(connection, week):
            raise ApprovalError(f"The edition {week} was changed by somebody else just now.", "Look at it again.")
        if subscribers is not None:
            _refuse_other_number(connection, view.edition, subscribers, approval.at)
        origins = _APPROVABLE if person else (EditionStatus.DRAFT,)
        if not (person or row.answered_at is None) or row.status not in origins:
            raise ApprovalError(f"The edition {week} cannot be approved any more.", "See `digest status`.")
        if not person and identity.restored_from(connection) is not None:
            raise ApprovalError(
                "The store was restored from a backup: nothing is approved without a person.",
                "`digest deliveries accept` ends that.",
            )
        if person:
            editions.answered(connection, week, at=approval.at)
        if context.settings.approval.second:
            approval = with_first(connection, approval)
        already = "" if approval.waits else already_sent(*_sent_of(connection, approval))
        if not approval.waits:
            if not editions.move(connection, week, origins, EditionStatus.APPROVED):
                raise ApprovalError(f"The edition {week} cannot be approved any more.", "See `digest status`.")
            approvals.void(connection, week, because="approved again", at=approval.at)
            number = approvals.add(connection, approval, view.rendered, subscribers=active)
            approval = replace(approval, number=number)
            if cancel_seconds and planned(context.settings, row, approval) <= approval.at:
                editions.set_fields(connection, week, send_at=approval.at + timedelta(seconds=cancel_seconds))
            detail = {"revision": approval.revision, "fingerprint": approval.fingerprint, "subscribers": active}
            detail |= {"already_sent": already} if already else {}
            audit.record(connection, AuditEvent.APPROVED, at=approval.at, by=approval.by, week=week, detail=detail)
    if approval.waits:
        for_week(LOG, week).info("Approved by %s; waits for another person.", by)
        context.emit(FirstApproval(week, by))
        return approval
    for finding in view.findings:
        if finding.severity is Severity.WARNING:
            for_week(LOG, week).warning("Approved despite a warning: %s", finding.message)
    for_week(LOG, week).info("Revision %d approved by %s.%s", approval.revision, approval.by, already and f" {already}")
    if waking:
        wake(context, week)
    return approval


def _compose_what_was_decided(context: Context, week: Week) -> None:
    """Compose a change that was stored by a desk that was killed before it could, and the month anew if it is another
    one since editions were sent."""
    with context.store.writing() as connection:
        row, edition = editions.find(connection, week), editions.load(connection, week)
        is_composed = editor_states.is_composed(connection, week)
        if row is not None and edition is not None and row.status in (EditionStatus.DRAFT, EditionStatus.HELD):
            is_composed = is_composed and is_month_current(connection, context.settings, edition)
    if not is_composed:
        recompose(context, week, by="digest")


def _sent_of(connection: Connection, approval: Approval) -> tuple[tuple[RevisionCount, ...], int, str]:
    return revision_counts(connection, Mailing(approval.week)), approval.revision, approval.fingerprint


def _refuse_other_number(connection: Connection, edition: Edition, expected: int, now: datetime) -> None:
    number = recipients(connection, Mailing(edition.week), now=now, monthly=edition.month is not None).number
    if number != expected:
        raise ApprovalError(
            f"{plural(number, 'subscriber')} would get the edition now, not {expected:,}.",
            "Look at the new number, then approve.",
        )


def take_back(context: Context, week: Week, *, by: str) -> None:
    """Take an approval back before the first mail: the edition is a draft again.

    The time that `approve` had set for taking it back goes, too; one that the editor chose stays. Raises ApprovalError
    once sending has begun, or if there is nothing to take back.
    """
    now = context.clock()
    with context.store.writing() as connection:
        row, approval = editions.find(connection, week), approvals.in_force(connection, week)
        if row is None or row.status is not EditionStatus.APPROVED or approval is None:
            begun = row is not None and row.status in (EditionStatus.SENDING, EditionStatus.SENT)
            raise ApprovalError(
                f"Sending {week} has begun: the approval cannot be taken back." if begun else "Nothing is approved.",
                "“Stop sending” keeps it from the rest." if begun else "Look at the edition again.",
            )
        begun = deliveries.counts(connection, Mailing(week)).candidates > 0
        editions.move(connection, week, [EditionStatus.APPROVED], EditionStatus.HELD if begun else EditionStatus.DRAFT)
        approvals.void(connection, week, because="it was taken back", at=now)
        if counts_down(context, row, approval):
            editions.set_fields(connection, week, send_at=None)
        editions.answered(connection, week, at=now)
        audit.record(connection, AuditEvent.TAKEN_BACK, at=now, by=by, week=week)
    for_week(LOG, week).info("Approval taken back by %s.", by)


def counts_down(context: Context, row: EditionRow, approval: Approval) -> bool:
    """Whether the edition's time was set by its approval, for taking it back, and not by the editor."""
    return row.send_at == approval.at + timedelta(seconds=context.settings.desk.cancel_seconds)


def sent_before(context: Context, approval: Approval) -> tuple[RevisionCount, ...]:
    """Return how many subscribers already have another text of the edition than the approved one."""
    with context.store.reading() as connection:
        counts = revision_counts(connection, Mailing(approval.week))
    return tuple(one for one in counts if one.fingerprint != approval.fingerprint)


def _refuse_findings(view: EditionView, despite: Callable[[Finding], bool], without_posts: bool) -> None:
    obstacles = [
        finding
        for finding in view.findings
        if (finding.severity is Severity.ERROR and not (without_posts and finding.check == EMPTY))
        or (finding.severity is Severity.WARNING and not despite(finding))
    ]
    if obstacles:
        raise ApprovalError(
            f"The edition {view.row.week} has {len(obstacles)} finding{'s' if len(obstacles) > 1 else ''}: "
            + "; ".join(finding.message for finding in obstacles),
            " ".join(dict.fromkeys(finding.remedy for finding in obstacles if finding.remedy)),
        )


def approve_automatically(context: Context, week: Week, *, due: datetime | None = None) -> bool:
    """Approve the edition if the settings allow it and nothing stands in the way. Otherwise log why not, return False.

    `due` is when this run should have begun, if that is known. A run that starts too late leaves the edition to the
    editor, so that subscribers get no mail at an unexpected time.
    """
    rule, log = context.settings.approval, for_week(LOG, week)
    if rule.mode != "automatic":
        log.info("Waits for approval.")
        return False
    hours = context.settings.schedule.latest_hours
    if due is not None and context.clock() - due > timedelta(hours=hours):
        log.warning("This run was due at %s, over %d hours ago; waits for approval.", f"{due:%Y-%m-%d %H:%M}", hours)
        return False
    row, edition = load_edition(context, week)
    if len(edition.posts) < rule.minimum_posts:
        log.warning("Only %d posts, fewer than minimum_posts; waits for approval.", len(edition.posts))
        return False
    try:
        approve(context, week, by=AUTOMATIC, revision=row.revision, person=False)
    except ApprovalError as error:
        log.warning("Not approved automatically: %s", error.what)
        return False
    return True


def hold(context: Context, week: Week, *, by: str) -> None:
    """Stop the edition: nothing more is sent until it is approved again. Raises UsageError."""
    _stop(context, week, by=by, target=EditionStatus.HELD, event=AuditEvent.HELD)


def skip(context: Context, week: Week, *, by: str, reason: str = "", early: bool = False) -> None:
    """Skip the week, which need not have a draft: no edition is sent.

    Raises UsageError once anything was sent, and if there is no draft of a week that has not closed, unless `early`.
    """
    with context.store.reading() as connection:
        counts, row = deliveries.counts(connection, Mailing(week)), editions.find(connection, week)
    refuse_open(context, week, early=early or row is not None)
    if counts.candidates:
        remedy = (
            "`digest hold` stops the rest."
            if counts.queued or counts.deferred
            else "`digest correct` sends a correction."
        )
        raise UsageError(f"The edition {week} has already been sent: {counts.equation}.", remedy)
    reason = without_controls(reason)
    detail = {"reason": reason} if reason else {}
    _stop(context, week, by=by, target=EditionStatus.SKIPPED, event=AuditEvent.SKIPPED, detail=detail)


def resume(context: Context, week: Week, *, by: str) -> None:
    """Make a skipped edition, or one that was held before anything was sent, a draft again; compose it anew.

    Raises UsageError if it is neither.
    """
    with context.store.writing() as connection:
        begun = deliveries.counts(connection, Mailing(week)).candidates > 0
        origins = [EditionStatus.SKIPPED] if begun else [EditionStatus.SKIPPED, EditionStatus.HELD]
        if not editions.move(connection, week, origins, EditionStatus.DRAFT):
            raise UsageError(f"The edition {week} is neither skipped nor held.", "Look at it again.")
        audit.record(connection, AuditEvent.UNSKIPPED, at=context.clock(), by=by, week=week)
    recompose(context, week, by=by)


def _stop(
    context: Context,
    week: Week,
    *,
    by: str,
    target: EditionStatus,
    event: AuditEvent,
    detail: dict[str, str] | None = None,
) -> None:
    origins = [status for status in EditionStatus if status not in (EditionStatus.SENT, target)]
    now = context.clock()
    with context.store.writing() as connection:
        skips = target is EditionStatus.SKIPPED
        row = editions.ensure(connection, week) if skips else editions.find(connection, week)
        if row is None:
            raise UsageError(f"There is no edition {week}.", f"Compose it: `digest compose --week {week}`.")
        if row.status is target:
            return
        if not editions.move(connection, week, origins, target):
            raise UsageError(
                f"The edition {week} is {row.status.value} and cannot be {event.value} any more.",
                "`digest correct` sends a correction to those who got it.",
            )
        approvals.void(connection, week, because=event.value, at=now)
        approvals.drop_first(connection, week)
        editions.answered(connection, week, at=now)
        audit.record(connection, event, at=now, by=by, week=week, detail=dict(detail or {}))
    for_week(LOG, week).info("%s by %s.", event.value.capitalize(), by)
