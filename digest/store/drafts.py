"""Drafts: what each editor has typed and not yet applied, a row for each field and person."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from digest.model import Draft, EditionStatus, TypedField
from digest.store.schema import drafts, editions
from digest.week import Week

LONGEST_AGE = timedelta(days=60)
"""A draft that nobody has touched for so long is deleted."""


def save(connection: Connection, week: Week, draft: Draft, *, at_most: int) -> None:
    """Store a draft in place of the one before it. Of more than `at_most` of its person and week, the oldest go."""
    values = {"text": draft.text, "mark": draft.mark, "saved_at": draft.saved_at}
    changed = connection.execute(update(drafts).where(_key(week, draft.field, draft.post, draft.person)).values(values))
    if changed.rowcount:
        return
    connection.execute(
        insert(drafts).values(week=week, field=draft.field.value, post=draft.post, person=draft.person, **values)
    )
    own = (drafts.c.week == week) & (drafts.c.person == draft.person)
    number = connection.execute(select(func.count()).select_from(drafts).where(own)).scalar_one()
    if number > at_most:
        oldest = select(drafts.c.field, drafts.c.post).where(own).order_by(drafts.c.saved_at).limit(number - at_most)
        for row in connection.execute(oldest).all():
            connection.execute(delete(drafts).where(_key(week, TypedField(row.field), row.post, draft.person)))


def find(connection: Connection, week: Week, field: TypedField, post: str, person: str) -> Draft | None:
    row = connection.execute(select(drafts).where(_key(week, field, post, person))).one_or_none()
    return None if row is None else _draft(row)


def of_week(connection: Connection, week: Week) -> list[Draft]:
    """Return everybody's drafts of a week, oldest first."""
    return [
        _draft(row)
        for row in connection.execute(select(drafts).where(drafts.c.week == week).order_by(drafts.c.saved_at))
    ]


def discard(connection: Connection, week: Week, field: TypedField, post: str, person: str) -> bool:
    """Delete one draft; False if there was none."""
    return connection.execute(delete(drafts).where(_key(week, field, post, person))).rowcount > 0


def prune(connection: Connection, *, before: datetime) -> None:
    """Delete the drafts of editions that were sent, and those saved before `before`."""
    sent = select(editions.c.week).where(editions.c.status == EditionStatus.SENT.value)
    connection.execute(delete(drafts).where(drafts.c.week.in_(sent) | (drafts.c.saved_at < before)))


def _key(week: Week, field: TypedField, post: str, person: str) -> ColumnElement[bool]:
    return (
        (drafts.c.week == week)
        & (drafts.c.field == field.value)
        & (drafts.c.post == post)
        & (drafts.c.person == person)
    )


def _draft(row: Row[tuple[object, ...]]) -> Draft:
    return Draft(TypedField(row.field), row.post, row.person, row.text, row.mark, row.saved_at)
