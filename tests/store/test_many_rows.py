"""Many rows at once: inserted, updated, and looked up by long lists of values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from digest.store.engine import Store
from digest.store.many_rows import insert_many, one_of, update_many
from digest.store.schema import consent, deliveries, suppressions

NOW = datetime(2019, 3, 25, 7, 30, tzinfo=UTC)
LATER = datetime(2019, 3, 26, 7, 30, tzinfo=UTC)
MORE_THAN_SQLITE_BINDS = 40_000  # parameters; its limit is 32,766

_MARK = (
    update(suppressions)
    .where(suppressions.c.hash == bindparam("b_hash"))
    .values(detail=bindparam("b_detail"), at=bindparam("b_at", type_=suppressions.c.at.type), reason="bounce")
)


def _insert(store: Store, *hashes: str) -> None:
    with store.writing() as connection:
        columns = {"hash": hashes, "reason": ["left"] * len(hashes), "at": [NOW] * len(hashes)}
        insert_many(connection, suppressions, columns)


def _rows(store: Store) -> list[tuple[str, str, str, datetime]]:
    with store.reading() as connection:
        rows = connection.execute(select(suppressions).order_by(suppressions.c.hash))
        return [(row.hash, row.reason, row.detail, row.at) for row in rows]


def test_insert_fills_columns_that_are_not_named(store: Store) -> None:
    _insert(store, "a", "b")
    assert _rows(store) == [("a", "left", "", NOW), ("b", "left", "", NOW)]


def test_insert_rejects_columns_of_different_lengths(store: Store) -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"), store.writing() as connection:
        insert_many(connection, suppressions, {"hash": ["a", "b"], "reason": ["left"], "at": [NOW, NOW]})
    assert _rows(store) == []


def test_insert_raises_what_the_database_rejects(store: Store) -> None:
    _insert(store, "a")
    with pytest.raises(IntegrityError, match=r"(?i)unique|duplicate"):
        _insert(store, "b", "a")
    assert _rows(store) == [("a", "left", "", NOW)], "all of it is rolled back"


def test_update_sets_shared_and_own_values(store: Store) -> None:
    _insert(store, "a", "b", "c")
    with store.writing() as connection:
        update_many(connection, _MARK, {"b_hash": ["a", "c"], "b_detail": ["5.1.1", "5.2.1"]}, b_at=LATER)
    assert _rows(store) == [
        ("a", "bounce", "5.1.1", LATER),
        ("b", "left", "", NOW),
        ("c", "bounce", "5.2.1", LATER),
    ]


def test_update_rejects_columns_of_different_lengths(store: Store) -> None:
    _insert(store, "a", "b")
    for values in (
        {"b_hash": ["a", "b"], "b_detail": ["5.1.1"]},
        {"b_hash": ["a"], "b_detail": ["5.1.1", "5.2.1"]},
    ):
        with pytest.raises(ValueError, match=r"shorter|longer"), store.writing() as connection:
            update_many(connection, _MARK, values, b_at=LATER)
    assert _rows(store) == [("a", "left", "", NOW), ("b", "left", "", NOW)]


def test_update_raises_what_the_database_rejects(store: Store) -> None:
    _insert(store, "a")
    with pytest.raises(DBAPIError, match=r"(?i)null"), store.writing() as connection:
        update_many(connection, _MARK, {"b_hash": ["a"], "b_detail": [None]}, b_at=LATER)


def test_one_of_takes_more_values_than_a_database_takes_parameters(store: Store) -> None:
    texts = [f"{number:06}" for number in range(MORE_THAN_SQLITE_BINDS)]
    _insert(store, "000007", "039999", "other", "odd \" ' , ] é")
    with store.reading() as connection:
        among = one_of(connection, suppressions.c.hash, [*texts, "odd \" ' , ] é"])
        hashes = connection.execute(select(suppressions.c.hash).where(among).order_by(suppressions.c.hash)).scalars()
        assert list(hashes) == ["000007", "039999", "odd \" ' , ] é"]
        none = one_of(connection, suppressions.c.hash, [])
        assert connection.execute(select(func.count()).select_from(suppressions).where(none)).scalar_one() == 0


def test_one_of_does_not_cut_values_to_the_columns_length(store: Store) -> None:
    _insert(store, "x" * 64)
    with store.reading() as connection:
        among = one_of(connection, suppressions.c.hash, ["x" * 65])
        assert connection.execute(select(suppressions.c.hash).where(among)).all() == []


def test_one_of_takes_numbers(store: Store) -> None:
    with store.writing() as connection:
        columns: dict[str, list[object]] = {
            "id": [1, 2, 3],
            "hash": ["a", "b", "c"],
            "at": [NOW] * 3,
            "what": ["asked"] * 3,
            "how": ["form"] * 3,
        }
        insert_many(connection, consent, columns)
        among = one_of(connection, consent.c.id, [1, 3, 2**40])
        rows = connection.execute(select(consent.c.hash).where(among).order_by(consent.c.id)).scalars()
        assert list(rows) == ["a", "c"]
        assert connection.execute(select(deliveries).where(one_of(connection, deliveries.c.id, [1]))).all() == []
