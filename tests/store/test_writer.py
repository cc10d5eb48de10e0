"""One writer for many tasks."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection

from digest.store import sources
from digest.store.engine import Store
from digest.store.sources import SourceState
from digest.store.writer import Writer


def saving(name: str) -> SourceState:
    return SourceState(name, f"https://{name}.example.org/feed")


def names(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(sources.states(connection))


def test_many_tasks_write_and_each_gets_its_own_result(store: Store) -> None:
    def work(number: int, connection: Connection) -> int:
        sources.save(connection, [saving(f"s{number}")])
        return number

    async def write_all(writer: Writer) -> list[int]:
        pieces = (writer.write(lambda connection, n=number: work(n, connection)) for number in range(120))
        return list(await asyncio.gather(*pieces))

    with Writer(store) as writer:
        assert asyncio.run(write_all(writer)) == list(range(120))
        assert len(names(store)) == 120


def test_a_failed_write_is_rolled_back_alone(store: Store) -> None:
    def fail(connection: Connection) -> None:
        sources.save(connection, [saving("bad")])
        raise ValueError("on purpose")

    with Writer(store) as writer:
        before = writer.put(lambda connection: sources.save(connection, [saving("before")]))
        failing = writer.put(fail)
        after = writer.put(lambda connection: sources.save(connection, [saving("after")]))
        before.result()
        after.result()
        with pytest.raises(ValueError, match="on purpose"):
            failing.result()
    assert names(store) == {"before", "after"}


def test_closing_waits_until_all_is_committed(store: Store) -> None:
    with Writer(store) as writer:
        for number in range(60):
            writer.put(lambda connection, n=number: sources.save(connection, [saving(f"s{n}")]))
    assert len(names(store)) == 60


def test_a_stored_state_comes_back_unchanged(store: Store) -> None:
    state = SourceState("a", "https://a.example.org/", etag='"1"', outcome="ok", entries=5, pace_days=2.5, failures=3)
    with store.writing() as connection:
        sources.save(connection, [saving("a"), saving("b")])
        sources.save(connection, [state])
    with store.reading() as connection:
        assert sources.states(connection, ["a"]) == {"a": state}
        reports = sources.reports_of(connection, ["b", "a", "c"])
    assert [(report.name, report.entries) for report in reports] == [("b", 0), ("a", 5), ("c", 0)]
    assert "not been fetched yet" in reports[2].reason
