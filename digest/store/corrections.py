"""Corrections: follow-ups to those who got an edition. Each week numbers its own, from 1."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, insert, select

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


def latest(connection: Connection, week: Week) -> CorrectionRow | None:
    """Return the newest correction of the edition; None where there is none."""
    row = connection.execute(
        select(corrections).where(corrections.c.week == week).order_by(corrections.c.number.desc()).limit(1)
    ).one_or_none()
    return None if row is None else CorrectionRow(row.week, row.number, row.text, row.subject, row.by, row.at)


def add(connection: Connection, correction: CorrectionRow) -> None:
    """Store a correction; it is never changed again."""
    # Not `asdict`, which would take the week apart.
    values = {each.name: getattr(correction, each.name) for each in fields(correction)}
    connection.execute(insert(corrections).values(values))
