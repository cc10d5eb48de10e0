"""Leases: which run holds one, and whether it is still alive."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from digest.store import leases
from digest.store.engine import Store

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_one_holder_at_a_time(store: Store) -> None:
    with store.writing() as connection:
        assert leases.acquire(connection, "send", "a", now=NOW, until=NOW + HOUR) == "a"
        assert leases.acquire(connection, "send", "b", now=NOW, until=NOW + HOUR) == "a"
        assert leases.acquire(connection, "send", "a", now=NOW, until=NOW + 2 * HOUR) == "a"
        assert leases.acquire(connection, "other", "b", now=NOW, until=NOW + HOUR) == "b"
        assert leases.acquire(connection, "send", "b", now=NOW + 3 * HOUR, until=NOW + 4 * HOUR) == "b", "it ran out"
        leases.release(connection, "send", "a")
        assert leases.holder(connection, "send") == "b"
        assert leases.ends(connection, "send") == NOW + 4 * HOUR
        leases.release(connection, "send", "b")
        assert leases.holder(connection, "send") == ""
        assert leases.ends(connection, "send") is None


def test_live_and_unknown_processes_are_not_dead() -> None:
    own = leases.claimant()
    assert not leases.is_dead(own)
    place, pid, started, _ = own.split("|")
    assert pid == str(os.getpid())
    assert leases.is_dead(f"{place}|{pid}|{int(started) - 1}|x"), "the number was given to another process since"
    assert not leases.is_dead(f"another-machine|{pid}|{started}|x"), "only its lease can tell"
    for nonsense in ("", "x", "||||", f"{place}|x|1|x", f"{place}|99999999999999999999|1|x"):
        assert not leases.is_dead(nonsense)


def test_a_lease_of_a_clock_that_was_set_back_since_keeps_nobody_waiting(store: Store) -> None:
    other = "another-machine/boot/pid:[1]|1|1|x"
    for ahead, holder in ((timedelta(hours=20), other), (timedelta(days=365), "me")):
        with store.writing() as connection:
            then = NOW + ahead
            assert (
                leases.acquire(connection, f"send {ahead}", other, now=then, until=then + timedelta(minutes=1)) == other
            )
            until = NOW + timedelta(minutes=1)
            assert leases.acquire(connection, f"send {ahead}", "me", now=NOW, until=until) == holder
