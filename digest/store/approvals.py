"""Approvals of editions: at most one of a week is in force; the others say why they were voided."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select, update

from digest.model import Approval, EditionMail, EditionStatus
from digest.store.schema import approvals, editions, first_approvals
from digest.week import Week

_RENDERED = TypeAdapter(EditionMail)


def add(connection: Connection, approval: Approval, rendered: EditionMail, *, subscribers: int) -> int:
    """Store an approval, with the mail as the approver saw it and the number of active subscribers.

    Return the approval's number."""
    statement = (
        insert(approvals)
        .values(
            week=approval.week,
            revision=approval.revision,
            fingerprint=approval.fingerprint,
            rendered=_RENDERED.dump_python(rendered, mode="json"),
            by=approval.by,
            at=approval.at,
            subscribers=subscribers,
        )
        .returning(approvals.c.id)
    )
    return int(connection.execute(statement).scalar_one())


def in_force(connection: Connection, week: Week) -> Approval | None:
    """Return the approval in force, if any."""
    row = connection.execute(
        select(approvals)
        .where(approvals.c.week == week, approvals.c.voided_at.is_(None))
        .order_by(approvals.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Approval(row.week, row.revision, row.fingerprint, row.by, row.at, row.id)


def sent_mail(connection: Connection, week: Week) -> EditionMail | None:
    """Return the mail of an edition that was sent, or is being sent, as it was approved; None for any other."""
    rendered = connection.execute(
        select(approvals.c.rendered)
        .join(editions, editions.c.week == approvals.c.week)
        .where(
            approvals.c.week == week,
            approvals.c.voided_at.is_(None),
            editions.c.status.in_([EditionStatus.SENDING.value, EditionStatus.SENT.value]),
        )
        .order_by(approvals.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if rendered is None else _RENDERED.validate_python(rendered)


def last_voided(connection: Connection, week: Week) -> str:
    """Return why the newest approval was voided; "" if it is in force or there was none."""
    row = connection.execute(
        select(approvals).where(approvals.c.week == week).order_by(approvals.c.id.desc()).limit(1)
    ).one_or_none()
    return "" if row is None or row.voided_at is None else str(row.voided_because)


def void(connection: Connection, week: Week, *, because: str, at: datetime) -> bool:
    """Void the approval in force; False when there was none."""
    changed = connection.execute(
        update(approvals)
        .where(approvals.c.week == week, approvals.c.voided_at.is_(None))
        .values(voided_at=at, voided_because=because)
    )
    return changed.rowcount > 0


def subscribers_at_last(connection: Connection, week: Week) -> int | None:
    """Return how many active subscribers there were at the newest approval; None if they were not counted."""
    number: int | None = connection.execute(
        select(approvals.c.subscribers).where(approvals.c.week == week).order_by(approvals.c.id.desc()).limit(1)
    ).scalar_one_or_none()
    return number


# --- The first of two approvals ---------------------------------------------------------------------------------------


def first_of_two(connection: Connection, week: Week) -> Approval | None:
    """Return the approval that waits for another person's; it holds for its fingerprint only. None if there is none."""
    row = connection.execute(select(first_approvals).where(first_approvals.c.week == week)).one_or_none()
    return None if row is None else Approval(row.week, row.revision, row.fingerprint, row.by, row.at, waits=True)


def set_first(connection: Connection, approval: Approval) -> None:
    """Store the first of two approvals, in the place of an earlier one."""
    drop_first(connection, approval.week)
    connection.execute(
        insert(first_approvals).values(
            week=approval.week,
            revision=approval.revision,
            fingerprint=approval.fingerprint,
            by=approval.by,
            at=approval.at,
        )
    )


def drop_first(connection: Connection, week: Week) -> None:
    """Forget the first of two approvals."""
    connection.execute(delete(first_approvals).where(first_approvals.c.week == week))
