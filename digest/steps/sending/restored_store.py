"""A restored or copied store: stop what it had under way, and accept it on a person's command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.mail.message.message_headers import MessageIds
from digest.model import AuditEvent, EditionStatus, Mailing
from digest.steps.context import Context
from digest.steps.sending.rollback_guard import obstacle
from digest.steps.sending.sent_file import read_runs, sent_file, write_runs
from digest.store import approvals, audit, deliveries, editions, identity, restored

HELD_BECAUSE = "the store was restored from a backup"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a restored store may not go on with by itself."""

    mailing: Mailing
    before: str  # the edition's status, if it is held now; "" if it was held before, or needs no approval
    waiting: int  # deliveries that stay queued or deferred until the edition is approved again
    uncertain: int  # deliveries that were being sent, or would have been without an approval


def accept_backup(context: Context, mailing: Mailing) -> int:
    """Accept a restored backup, on a person's command: mark waiting deliveries as uncertain. Return how many.

    A backup may be from before the edition was queued. Then it is queued now, and all its deliveries are uncertain.
    Other editions that were under way in a copied store are held.
    """
    path = sent_file(context.settings)
    runs = read_runs(path)
    now = context.clock()
    key, domain = context.settings.secret_key, context.settings.newsletter.from_domain
    with context.store.writing() as connection:
        if not identity.name(connection):
            identity.ensure_name(connection)
        if obstacle(connection, runs):
            hold_unfinished(connection, now=now, key=key, domain=domain, besides=mailing)
            identity.accept_place(connection)
        store = identity.name(connection)
        last_number = runs.get(store, {}).get(str(mailing), 0)
        number = max(identity.run_number(connection, mailing), last_number)
        identity.set_run_number(connection, mailing, number)
        composed = not mailing.correction and editions.find(connection, mailing.week) is not None
        may_have_gone = last_number > 0 or composed
        if may_have_gone and not mailing.correction and not deliveries.is_queued(connection, mailing):
            edition = editions.load(connection, mailing.week)
            monthly = edition is not None and edition.month is not None
            deliveries.queue(connection, mailing, now=now, monthly=monthly)
        ids = MessageIds(key, str(mailing), domain)
        doubtful = restored.mark_uncertain(connection, mailing, now=now, message_id=ids)
    runs.setdefault(store, {})[str(mailing)] = number
    write_runs(path, runs)
    return doubtful


def accept_store(context: Context, *, by: str) -> str:
    """Let this machine send from the store as it is, on a person's command: the original has sent nothing since.

    Return why it was refused before; "" if it was not. What was held stays held.
    """
    path = sent_file(context.settings)
    runs = read_runs(path)
    with context.store.writing() as connection:
        name = identity.ensure_name(connection)
        reason = obstacle(connection, runs)
        identity.accept_place(connection)
        if reason:
            detail = {"reason": reason}
            audit.record(connection, AuditEvent.STORE_ACCEPTED, at=context.clock(), by=by, detail=detail)
        numbers = {mailing: identity.run_number(connection, Mailing.parse(mailing)) for mailing in runs.get(name, {})}
        for mailing, number in runs.setdefault(name, {}).items():
            identity.set_run_number(connection, Mailing.parse(mailing), max(number, numbers[mailing]))
    write_runs(path, runs)
    return reason


def hold_unfinished(
    connection: Connection, *, now: datetime, key: bytes, domain: str, besides: Mailing | None = None
) -> tuple[Stopped, ...]:
    """Stop all that a copied store had under way, but `besides`. `key` and `domain` make Message-IDs.

    Approved and partly sent editions are held, with what they have queued. What was being sent is uncertain, and so is
    all that waits in other mailings: corrections, and copies for new subscribers, go out without an approval.
    """
    restored.forget_runs(connection)
    before = dict(restored.hold_going(connection, besides=besides.week if besides else None))
    for week, status in before.items():
        approvals.void(connection, week, because=HELD_BECAUSE, at=now)
        approvals.drop_first(connection, week)
        detail = {"reason": HELD_BECAUSE, "before": status.value}
        audit.record(connection, AuditEvent.HELD, at=now, by="digest", week=week, detail=detail)
    stopped = []
    for mailing in sorted({*map(Mailing, before), *restored.unfinished(connection)} - {besides}, key=str):
        row = None if mailing.correction else editions.find(connection, mailing.week)
        needs_approval = row is not None and row.status is not EditionStatus.SENT
        number = restored.mark_uncertain(
            connection,
            mailing,
            now=now,
            message_id=MessageIds(key, str(mailing), domain),
            states=restored.IN_FLIGHT if needs_approval else deliveries.OPEN,
        )
        counts = deliveries.counts(connection, mailing)
        before_hold = "" if mailing.correction else before.get(mailing.week, "")
        stopped.append(Stopped(mailing, str(before_hold), counts.queued + counts.deferred, number))
    return tuple(stopped)
