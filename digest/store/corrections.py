"""Corrections: follow-ups to those who got an edition. Each week numbers its own, from 1."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from digest.model import Mailing
from digest.store.schema import corrections
from digest.week import Week


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    week: Week
    number: int
    text: str  # Markdown
    subject: str  # "" lets the template write it
    by: str
    at: datetime  # the Date of every message

    @property
    def mailing(self) -> Mailing:
        return Mailing(self.week, self.number)

    def with_subject(self, subject: str) -> CorrectionRow:
        """Return the same with this subject if it has none of its own."""
        return replace(self, subject=self.subject or subject)


def latest(connection: Connection, week: Week) -> CorrectionRow | None:
    """Return the newest correction of the edition; None where there is none."""
    row = connection.execute(
        select(corrections).where(corrections.c.week == week).order_by(corrections.c.number.desc()).limit(1)
    ).one_or_none()
    return None if row is None else CorrectionRow(row.week, row.number, row.text, row.subject, row.by, row.at)


def of(connection: Connection, week: Week) -> list[CorrectionRow]:
    """Return the edition's corrections, oldest first."""
    rows = connection.execute(select(corrections).where(corrections.c.week == week).order_by(corrections.c.number))
    return [CorrectionRow(row.week, row.number, row.text, row.subject, row.by, row.at) for row in rows]


def counts(connection: Connection) -> dict[Week, int]:
    """Return how many corrections each edition has that has any."""
    rows = connection.execute(select(corrections.c.week, func.count()).group_by(corrections.c.week))
    return {row[0]: row[1] for row in rows}


def add(connection: Connection, correction: CorrectionRow) -> None:
    """Store a correction; it is never changed again."""
    # Not `asdict`, which would take the week apart.
    values = {each.name: getattr(correction, each.name) for each in fields(correction)}
    connection.execute(insert(corrections).values(values))
