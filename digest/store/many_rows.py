"""Insert and update many rows at once, as fast as each database allows, for imports and for claiming deliveries.

Values are converted by the columns' own types, as in any other statement. SQLAlchemy's work for each row, which would
take most of the time, is bypassed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import repeat
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    String,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

Processor = Callable[[Any], Any]
Value = TypeVar("Value", int, str)


def insert_many(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns of the same length; columns that are not named get their server's default.

    What the database rejects is raised as SQLAlchemy raises it.
    """
    processed = [
        _processed(values, _column_processor(table, name, connection.dialect)) for name, values in columns.items()
    ]
    quoted = ", ".join(f'"{name}"' for name in columns)
    rows = zip(*processed, strict=True)
    with _driver(connection, f"inserting into {table.name}") as driver:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" for _ in columns)
            # Names of tables and columns are the schema's own; values are bound.
            driver.executemany(f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})', rows)  # noqa: S608
            return
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


def update_many(connection: Connection, statement: Update, values: Mapping[str, Sequence[Any]], **same: Any) -> None:
    """Run a constant UPDATE statement once for each row of values.

    `values` are its bind parameters by name, as columns of the same length; `same` are those that all rows share. What
    the database rejects is raised as SQLAlchemy raises it.
    """
    sql, parameters = _prepared(statement, connection.dialect)
    number = len(next(iter(values.values())))
    columns: list[Iterable[Any]] = []
    for name, default, process in parameters:
        if name in values:
            columns.append(_processed(values[name], process))
        else:
            value = same.get(name, default)
            columns.append(repeat(process(value) if process else value, number))
    rows: Any = list(zip(*columns, strict=True))
    if not connection.dialect.positional:
        names = [name for name, _, _ in parameters]
        rows = [dict(zip(names, row, strict=True)) for row in rows]
    with _driver(connection, sql) as driver:
        driver.cursor().executemany(sql, rows)


def one_of(connection: Connection, column: Column[Value], values: Collection[Value]) -> ColumnElement[bool]:
    """Return the condition that the column is one of many numbers or texts, however many.

    They are passed as one parameter: databases limit the number of parameters, and many are slow.
    """
    dialect = connection.dialect.name
    return _one_of(dialect, column, lambda kind: literal(packed(dialect, values), kind))


def one_of_parameter(dialect: str, column: Column[Value], name: str) -> ColumnElement[bool]:
    """`one_of`, for a statement that is made once: its parameter of that name is to be what `packed` returns."""
    return _one_of(dialect, column, lambda kind: bindparam(name, type_=kind))


def packed(dialect: str, values: Collection[Value]) -> list[Value] | str:
    """Many values as one parameter."""
    return list(values) if dialect == "postgresql" else json.dumps(list(values))


def _one_of(dialect: str, column: Column[Value], parameter: Callable[[Any], ColumnElement[Any]]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        # Not the column's own VARCHAR(n): a cast to it would cut longer values.
        kind = Text() if isinstance(column.type, String) else column.type
        return column == any_(parameter(postgresql.ARRAY(kind)))
    elements = func.json_each(parameter(Text())).table_valued("value")
    return column.in_(select(elements.c.value))


@lru_cache(maxsize=32)
def _prepared(statement: Update, dialect: Dialect) -> tuple[str, list[tuple[str, Any, Processor | None]]]:
    """Return the SQL text, and its parameters in order: name, default value or None, processor."""
    compiled: Any = statement.compile(dialect=dialect)
    names = compiled.positiontup if dialect.positional else list(compiled.params)
    return compiled.string, [
        (name, compiled.params[name], _processor(compiled.binds[name].type, dialect)) for name in names
    ]


@contextmanager
def _driver(connection: Connection, statement: str) -> Iterator[Any]:
    errors: Any = connection.dialect.loaded_dbapi.Error
    try:
        yield connection.connection.driver_connection
    except errors as error:
        raise DBAPIError.instance(statement, None, error, errors) from error


@lru_cache(maxsize=256)
def _column_processor(table: Table, name: str, dialect: Dialect) -> Processor | None:
    return _processor(table.c[name].type, dialect)


def _processor(kind: Any, dialect: Dialect) -> Processor | None:
    processor: Processor | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _processed(values: Sequence[Any], process: Processor | None) -> Sequence[Any]:
    if process is None:
        return values
    # Process each distinct value once: rows of an import share their moment and have few different sets of themes.
    try:
        processed = {value: process(value) for value in set(values)}
    except TypeError:  # values of JSON, which are not hashable
        return [process(value) for value in values]
    return [processed[value] for value in values]
