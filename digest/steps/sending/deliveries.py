"""List deliveries, retry the failed ones, and settle the uncertain ones from the mail server's log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from digest.errors import UsageError
from digest.mail.returned.postfix_log import read_maillog
from digest.model import AuditEvent, Delivery, DeliveryState, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.sending.open_maillogs import mail_logs
from digest.store import audit, deliveries, editions
from digest.subscribers.csv_file import row_writer

COLUMNS = (
    "week", "subscriber", "email", "state", "attempts",
    "code", "enhanced", "text", "queue_id", "message_id", "updated_at", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """`digest deliveries reconcile`: what the log says about the uncertain deliveries."""

    sent: int
    failed: int
    unknown: int  # the log does not mention them


def stream(context: Context, mailing: Mailing | None = None, state: DeliveryState | None = None) -> Iterator[Delivery]:
    """Yield deliveries in the order in which they were queued."""
    with context.store.reading() as connection:
        yield from deliveries.stream(connection, mailing=mailing, state=state)


def first_failed(context: Context, mailing: Mailing, most: int) -> tuple[int, list[Delivery]]:
    """Return how many deliveries of `mailing` failed, and the first `most` of them."""
    with context.store.reading() as connection:
        number = deliveries.counts(connection, mailing).failed
        return number, list(deliveries.stream(connection, mailing=mailing, state=DeliveryState.FAILED, limit=most))


def write_csv(context: Context, file: TextIO, mailing: Mailing | None, state: DeliveryState | None) -> int:
    """Write the deliveries as CSV; return how many there are."""
    write = row_writer(file)
    write(COLUMNS)
    number = 0
    for one in stream(context, mailing, state):
        reply = one.reply
        answer = (reply.code or "", reply.enhanced, reply.text, reply.queue_id) if reply else ("", "", "", "")
        at = one.updated_at.isoformat() if one.updated_at else ""
        tried = (one.message_id, at, one.revision or "")
        write([str(one.mailing), one.subscriber, one.email, one.state.value, one.attempts, *answer, *tried])
        number += 1
    return number


def retry(context: Context, mailing: Mailing, *, uncertain: bool = False, by: str = "") -> int:
    """Queue the failed and deferred deliveries of `mailing` again; return how many.

    With `uncertain`, queue the uncertain ones instead: some subscribers may get a second copy. Raises UsageError if
    there is no such edition or correction.
    """
    states = [DeliveryState.UNCERTAIN] if uncertain else [DeliveryState.FAILED, DeliveryState.DEFERRED]
    now = context.clock()
    week = mailing.week  # the audit trail of a correction is that of its edition
    with context.store.writing() as connection:
        if editions.find(connection, week) is None:
            raise UsageError(f"There is no edition {week}.", "`digest status` says which one is the latest.")
        if mailing.correction and not deliveries.is_queued(connection, mailing):
            raise UsageError(f"There is no correction {mailing}.", f"`digest correct {week}` sends one.")
        number = deliveries.retry(connection, mailing, states, now=now)
        if number:
            editions.move(connection, week, [EditionStatus.SENT], EditionStatus.SENDING)
            detail = {"deliveries": number, "uncertain": uncertain, "under": str(mailing)}
            audit.record(connection, AuditEvent.DELIVERIES_RETRIED, at=now, by=by or "digest", week=week, detail=detail)
    return number


def reconcile(context: Context, *maillogs: Path, by: str = "") -> ReconcileReport:
    """Settle uncertain deliveries from Postfix's logs: current and rotated, plain or .gz, in any order.

    Raises UsageError if one cannot be read or none is Postfix's; then nothing is settled.
    """
    with context.store.reading() as connection:
        message_ids = deliveries.uncertain_message_ids(connection)
    now = context.clock()
    with mail_logs(maillogs, now) as lines:
        log = read_maillog(lines, message_ids)
    if not log.lines:
        # Such a file cannot show that nothing was accepted: a retry would send second copies.
        names = ", ".join(str(one) for one in maillogs)
        raise UsageError(f"No line in {names} is about a delivery.", "Give Postfix's log file, plain or gzipped.")
    verdicts = log.verdicts
    sent = failed = 0
    with context.store.writing() as connection:
        for message_id, (state, reply) in verdicts.items():
            if deliveries.reconcile(connection, message_id, state, reply, now=now):
                sent += state is DeliveryState.SENT
                failed += state is DeliveryState.FAILED
        if verdicts:
            detail = {"log": ", ".join(one.name for one in maillogs), "sent": sent, "failed": failed}
            audit.record(connection, AuditEvent.DELIVERIES_RECONCILED, at=now, by=by or "digest", detail=detail)
    return ReconcileReport(sent, failed, len(message_ids) - sent - failed)
