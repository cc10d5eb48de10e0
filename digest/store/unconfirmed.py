"""What somebody chose in the form and has not confirmed yet, if they have a row already: it does not count before."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from digest.model import Frequency
from digest.store.schema import unconfirmed_choices


class Choices(NamedTuple):
    name: str  # "" for none
    themes: tuple[str, ...]  # () means all
    language: str  # "" means the newsletter's
    frequency: Frequency = Frequency.WEEKLY


def keep(connection: Connection, subscriber: int, choices: Choices, *, at: datetime) -> None:
    """Store the choices; newer ones take the place of older ones."""
    drop(connection, subscriber)
    values = {**choices._asdict(), "themes": list(choices.themes)}
    connection.execute(insert(unconfirmed_choices).values(subscriber=subscriber, asked_at=at, **values))


def find(connection: Connection, subscriber: int) -> Choices | None:
    row = connection.execute(
        select(unconfirmed_choices).where(unconfirmed_choices.c.subscriber == subscriber)
    ).one_or_none()
    return None if row is None else Choices(row.name, tuple(row.themes), row.language, Frequency(row.frequency))


def drop(connection: Connection, subscriber: int) -> None:
    connection.execute(delete(unconfirmed_choices).where(unconfirmed_choices.c.subscriber == subscriber))


def forget(connection: Connection, *, before: datetime) -> None:
    """Delete what was chosen before then and never confirmed."""
    connection.execute(delete(unconfirmed_choices).where(unconfirmed_choices.c.asked_at < before))
