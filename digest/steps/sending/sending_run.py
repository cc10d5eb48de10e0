"""One run that sends an edition or a correction: set up the outbox, watch it, stop it on request, report."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.errors import MailServerError
from digest.events import SendingFinished, SendingStopped
from digest.log import fields, for_week, without_addresses
from digest.mail.message.message_headers import MessageIds
from digest.mail.smtp.classify_reply import BackOff
from digest.mail.smtp.outbox import Outbox, OutboxRules, Tally
from digest.model import AuditEvent, Claim, DeliveryCounts, EditionStatus, Mailing, RevisionCount
from digest.steps.bounces.record import record_rejections
from digest.steps.bounces.settle import notify_of_holds, settle
from digest.steps.context import Context
from digest.steps.sending.build_messages import TemplateSource, sender_pool_for, sender_setup_of
from digest.steps.sending.delivery_advice import after_stop, progress
from digest.steps.sending.interrupted_runs import run_marks, sweep_interrupted
from digest.steps.sending.rollback_guard import check_not_rolled_back, end_run
from digest.steps.sending.turn import Turn, turn_of, wait_for_tail
from digest.steps.sending.watch_run import Stop, drained_by_signals, pause_of, watched
from digest.store import activity, audit, deliveries, drafts, editions
from digest.store.revision_counts import revision_counts
from digest.store.sender_ledger import SenderLedger
from digest.subscribers.email_addresses import domain_form
from digest.text import clip

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SendReport:
    """`digest send` and `digest correct`. The counts are those of all runs together; the seconds are this run's."""

    week: Mailing  # the JSON output calls it so
    sent: int
    deferred: int
    failed: int
    uncertain: int
    suppressed: int
    queued: int
    seconds: float
    stopped: str = ""  # why this run ended before its work was done; "" if it did not
    busy: bool = False  # another run is sending: what is queued was left to it
    preview: str = ""  # of a dry run: the correction as plain text
    revisions: tuple[RevisionCount, ...] = ()  # how many subscribers have which text of the edition
    bounced: int = 0  # subscribers whom this run suppressed, as the server rejects their address again and again
    on_hold: int = 0  # subscribers whose rejection does not count until an operator decides: many were alike


def deliver(
    context: Context,
    mailing: Mailing,
    approved: TemplateSource,
    *,
    approval: int = 0,
    limit: int | None = None,
    patient: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Tally:
    """Send the deliveries of `mailing` until nothing is left to do now.

    Only one run at a time may send, or as many as `[scale] shares` says (`digest.steps.sending.turn`). If others are
    sending, `patient` waits until they are known to live, or a lease ends and this one takes over. `approval` is the
    number of the approval whose text they get, 0 for a correction. `stopping` is called every second: once it returns
    True, the run finishes the transactions that have begun and ends.
    """
    check_not_rolled_back(context, mailing)
    tally = Tally()
    for again in itertools.count():
        turn = turn_of(context, mailing)
        if reason := turn.take(patient=patient, stopping=stopping):
            for_week(LOG, mailing).info("%s.", reason[:1].upper() + reason[1:])
            return replace(tally, stopped=reason, busy=True)
        try:
            tally = _work_through(
                context, mailing, approved, approval=approval, turn=turn, limit=limit, stopping=stopping
            )
        finally:
            others = turn.leave()
        # After the lease is released: whoever lets a paused sending go on later than this finds the lease free.
        with context.store.reading() as connection:
            waiting = deliveries.counts(connection, mailing).queued
            goes_on = tally.paused and pause_of(connection, mailing) is None
        if others and not tally.stopped and not waiting and limit is None:
            waiting = wait_for_tail(context, mailing, stopping=stopping)
        # Another run may have queued subscribers meanwhile and left them to us.
        if (
            not waiting
            or limit is not None
            or (tally.stopped and not goes_on)
            or (again and not others and tally == Tally())
        ):
            break
    end_run(context, mailing)
    return replace(tally, busy=bool(others and tally.stopped))


def _work_through(
    context: Context,
    mailing: Mailing,
    approved: TemplateSource,
    *,
    approval: int,
    turn: Turn,
    limit: int | None,
    stopping: Callable[[], bool],
) -> Tally:
    smtp = context.settings.smtp
    back_off = BackOff(deadline=timedelta(hours=smtp.deadline_hours))
    folder = context.settings.state_folder
    now = context.clock()
    sweep_interrupted(context.store, folder, mailing, context.clock, lease=turn.lease, by=turn.by)
    with context.store.writing() as connection:
        activity.end_pauses(connection, now)  # before claims ask who is active
        deliveries.fail_overdue(connection, mailing, now=now, deadline=back_off.deadline)
    secret, domain = context.settings.secret_key, context.settings.newsletter.from_domain
    caps = {domain_form(one): rate for one, rate in smtp.per_domain.items()}
    ledger = SenderLedger(
        context.store,
        mailing,
        by=turn.by,
        clock=context.clock,
        # A claim's lease must outlast its SMTP transaction: opening, commands, and the end of the data.
        lease=timedelta(seconds=max(smtp.lease_seconds, 15 * smtp.timeout_seconds)),
        message_id=MessageIds(secret, str(mailing), domain),
        approval=approval,
        capped=caps,
    )
    with context.store.reading() as connection:
        waiting = deliveries.counts(connection, mailing).queued
    waiting = waiting if limit is None else min(waiting, limit)

    def audiences() -> list[Claim]:
        with context.store.reading() as connection:
            return deliveries.audiences(connection, mailing, now=now)

    with run_marks(context.store, folder, turn.by, mailing, smtp.connections) as marks:
        pool = sender_pool_for(context.settings, approved, waiting=waiting, audiences=audiences, marks=marks)
        rules = OutboxRules(smtp.rate_per_second, caps, back_off)
        outbox = Outbox(ledger, pool, rules=rules, clock=context.clock, allotment=turn.allotment)
        stop = Stop(outbox)
        with (
            fields(week=str(mailing)),
            drained_by_signals(stop),
            watched(context, mailing, stop, turn, stopping),
        ):
            tally = outbox.run(limit)
        # A sender that died just before this run may have committed its last claim after the first sweep.
        sweep_interrupted(context.store, folder, mailing, context.clock, lease=turn.lease, by=turn.by)
    if tally.stopped and not tally.unreachable and stop.reason:
        tally = replace(tally, stopped=stop.reason, paused=stop.paused and not stop.program_ends)
    return tally


def rehearsed(
    context: Context, connection: Connection, mailing: Mailing, approved: TemplateSource, started: float
) -> SendReport:
    """Build a message for each audience of `mailing`, send none, and report how many deliveries are queued."""
    build_message = sender_setup_of(context.settings, approved).build_message()
    for claim in deliveries.audiences(connection, mailing, now=context.clock()):
        build_message(claim)
    counts = deliveries.counts(connection, mailing)
    return _report(mailing, counts, counts.queued, started, "dry run: nothing was sent")


def finish(context: Context, mailing: Mailing, tally: Tally, started: float) -> SendReport:
    """Report on a run. If no delivery of the edition is waiting any more, mark the edition as sent.

    Raises MailServerError if the run stopped because no mail server could be reached.
    """
    now = context.clock()
    with context.store.writing() as connection:
        counts = deliveries.counts(connection, mailing)
        waiting = counts.queued or counts.sending or counts.deferred
        record_rejections(connection, mailing)  # with the move below: a killed run is finished by the next one
        finished = not (waiting or mailing.correction) and editions.move(
            connection, mailing.week, [EditionStatus.SENDING], EditionStatus.SENT
        )
        if finished:
            editions.set_fields(connection, mailing.week, sent_at=now)
            drafts.prune(connection, before=now - drafts.LONGEST_AGE)
        _record_end(connection, mailing, counts, tally, finished=finished, now=now)
        revisions = revision_counts(connection, mailing)
        deliveries.forget_addresses(connection, before=now - timedelta(days=context.settings.store.retention_days))
    settled = settle(context)
    notify_of_holds(context)
    if finished:
        context.emit(SendingFinished(mailing.week, counts))
    elif tally.stopped and not tally.busy:
        context.emit(SendingStopped(mailing, tally.stopped, tally.remedy, counts, requested=not tally.unreachable))
    if tally.unreachable:
        # The reason may be a server's own text, with or without a full stop.
        raise MailServerError(f"{tally.stopped.rstrip('.')}. {progress(counts)}.", after_stop(mailing, counts, tally))
    report = _report(mailing, counts, counts.queued + counts.sending, started, tally.stopped)
    return replace(report, busy=tally.busy, revisions=revisions, bounced=settled.suppressed, on_hold=settled.on_hold)


def _record_end(
    connection: Connection, mailing: Mailing, counts: DeliveryCounts, tally: Tally, *, finished: bool, now: datetime
) -> None:
    """Say in the audit trail that sending is over, or why it stopped."""
    if not finished and (not tally.stopped or tally.busy):
        return
    event = AuditEvent.SENDING_FINISHED if finished else AuditEvent.SENDING_STOPPED
    detail = {"counts": counts.equation}
    if not finished:
        detail["reason"] = clip(without_addresses(tally.stopped), 300)  # a server's own text
    if mailing.correction:
        detail["correction"] = str(mailing.correction)
    audit.record(connection, event, at=now, by="digest", week=mailing.week, detail=detail)


def _report(mailing: Mailing, counts: DeliveryCounts, queued: int, started: float, stopped: str) -> SendReport:
    seconds = round(time.monotonic() - started, 2)
    return SendReport(
        mailing,
        counts.sent,
        counts.deferred,
        counts.failed,
        counts.uncertain,
        counts.suppressed,
        queued,
        seconds,
        stopped,
    )
