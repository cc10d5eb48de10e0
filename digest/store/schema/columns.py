"""What all tables share: the metadata, and the types of columns that are no plain SQL types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Dialect, Integer, MetaData, String, TypeDecorator

from digest.model import Mailing
from digest.week import Week

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in an INTEGER column."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite keeps no time zone, so it goes in naive there and comes back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect  # asked for by SQLAlchemy
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text_of(value: object, expected: type[Mailing | Week]) -> str | None:
    """Return what is stored. Raises TypeError, so that no other spelling of a week gets into the store."""
    if value is None:
        return None
    if not isinstance(value, expected):
        raise TypeError(f"a {expected.__name__} is stored here, not {value!r}")
    return str(value)


class MailingType(TypeDecorator[Mailing]):
    """A mailing, stored as its text."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: Mailing | None, dialect: Dialect) -> str | None:
        del dialect  # asked for by SQLAlchemy
        return _text_of(value, Mailing)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mailing | None:
        del dialect  # asked for by SQLAlchemy
        return None if value is None else Mailing.parse(value)


class WeekType(TypeDecorator[Week]):
    """A week, stored as its text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Week | None, dialect: Dialect) -> str | None:
        del dialect  # asked for by SQLAlchemy
        return _text_of(value, Week)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Week | None:
        del dialect  # asked for by SQLAlchemy
        return Week.parse(value) if value else None


class OptionalWeekType(WeekType):
    """A week, or "" for none."""

    cache_ok = True

    def process_bind_param(self, value: Week | None, dialect: Dialect) -> str | None:
        return super().process_bind_param(value, dialect) or ""


def one_of_states(column: str, states: type[Any]) -> CheckConstraint:
    values = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=column)
