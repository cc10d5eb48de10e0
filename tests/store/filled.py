"""Rows in every table of a store, whatever its schema: for migrations and copies."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, Table

AT = datetime(2019, 3, 25, 7, 30, 15, 250_000, tzinfo=UTC)
ROWS = 3
_WEEKS = ("2019-W10", "2019-W11", "2019-W12")
_STATES = {
    "editions.status": ("sent", "sending", "draft"),
    "deliveries.state": ("sent", "queued", "uncertain"),
    "subscribers.status": ("active", "left", "pending"),
    "subscribers.frequency": ("weekly", "monthly", "weekly"),
    "unconfirmed_choices.frequency": ("weekly", "monthly", "weekly"),
    "sources.outcome": ("fetched", "unchanged", "failed"),
    "suppressions.reason": ("unsubscribed", "bounce", "complaint"),
    "bounces.state": ("new", "counted", "on hold"),
    "bounces.kind": ("hard", "soft", "complaint"),
    "link_checks.state": ("reached", "gone", "unknown"),
}
"""Values of columns that are checked, or that something reads as one of a few words."""


def fill(connection: Connection, *, besides: Collection[str] = ()) -> dict[str, int]:
    """Insert three rows, or the one that fits, into each table of the database now. Return how many, by table."""
    metadata = MetaData()
    metadata.reflect(connection)
    counts = {}
    for table in metadata.sorted_tables:
        if table.name == "alembic_version" or table.name in besides:
            continue
        rows = 1 if table.name == "store_identity" else ROWS
        connection.execute(table.insert(), [_row(table, number) for number in range(rows)])
        counts[table.name] = rows
    return counts


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(table, column, number) for column in table.c}


def _value(table: Table, column: Column[Any], number: int) -> Any:
    name, kind = f"{table.name}.{column.name}", column.type
    if name == "store_identity.id":
        return 1
    if name in _STATES:
        return _STATES[name][number]
    if column.name in ("week", "mailing"):
        return _WEEKS[number]
    if column.name in ("post", "id") and isinstance(kind, sa.String):
        return f"{number:016x}"
    if column.nullable and number == 2 and not column.primary_key:
        return None
    return _by_type(table, column, number)


def _by_type(table: Table, column: Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, sa.DateTime):
        moment = AT + timedelta(days=7 * number)
        return moment if getattr(kind, "timezone", False) else moment.replace(tzinfo=None)
    if isinstance(kind, sa.JSON):
        return _json(table.name, column.name, number)
    if isinstance(kind, sa.Boolean):
        return number == 0
    if isinstance(kind, sa.LargeBinary):
        return bytes([number, 0, 255])
    if isinstance(kind, sa.Float):
        return number + 0.25
    if isinstance(kind, sa.Integer):
        return number + 1
    return f"“é” {table.name} {column.name} {number}"[: getattr(kind, "length", None) or 200]


def _json(table: str, column: str, number: int) -> Any:
    if column in ("post_order", "left_out", "detail", "value", "media", "editing", "fields", "before", "after"):
        return {}
    if (table, column) == ("revisions", "snapshot"):
        return {"week": _WEEKS[number], "sections": []}
    return {} if column in ("rendered", "snapshot") else []
