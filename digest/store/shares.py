"""Shares: several runs that send one mailing at once, on PostgreSQL. Each has a lease, which it renews.

A share has one of a few slots, `send:2019-W12#1` and so on, as rows of `leases`. Machines' clocks differ, so leases are
counted by the database's clock. The claims of a share whose lease has ended are settled by any other run
(`digest.steps.sending.interrupted_runs`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql

from digest.model import Mailing
from digest.store import leases as lease_names
from digest.store.schema import leases

LASTING = timedelta(seconds=15)  # a share that has not renewed its lease for so long is dead
_KIND = "share"


@dataclass(frozen=True, slots=True)
class Standing:
    """A share among the living ones: its place, from 0, and how many there are."""

    place: int
    living: int
    renewed: bool  # it was among them before


def claimant() -> str:
    """Return a name for a share, by which its claims and its lease are known."""
    return f"{lease_names.claimant()}|{_KIND}"


def is_share(claimant: str) -> bool:
    return claimant.count("|") == 4 and claimant.endswith(f"|{_KIND}")


def renew(connection: Connection, mailing: Mailing, holder: str, *, most: int) -> Standing | None:
    """Take one of `most` slots, or renew the lease of the slot that `holder` has. None: all are taken by living shares.

    Call it in a writing transaction. A slot of a dead share is free.
    """
    now = _now(connection)
    slots = [f"send:{mailing}#{number}" for number in range(1, most + 1)]
    rows = [{"name": name, "holder": "", "until": now - LASTING} for name in slots]
    connection.execute(postgresql.insert(leases).values(rows).on_conflict_do_nothing())
    # Locked in one order, so that shares that join at once wait for each other here.
    query = select(leases).where(leases.c.name.in_(slots)).order_by(leases.c.name).with_for_update()
    living = {row.name: row.holder for row in connection.execute(query) if _lives(row.holder, row.until, now)}
    before = next((name for name, by in living.items() if by == holder), None)
    own = before or next((name for name in slots if name not in living), None)
    if own is None:
        return None
    connection.execute(leases.update().where(leases.c.name == own).values(holder=holder, until=now + LASTING))
    order = sorted({*living, own}, key=slots.index)
    return Standing(order.index(own), len(order), before is not None)


def leave(connection: Connection, mailing: Mailing, holder: str) -> int:
    """End the lease of `holder`. Return how many other shares are living."""
    connection.execute(leases.delete().where(leases.c.name.like(f"send:{mailing}#%"), leases.c.holder == holder))
    return living(connection, mailing)


def living(connection: Connection, mailing: Mailing) -> int:
    """Return how many shares send `mailing`."""
    now = _now(connection)
    rows = connection.execute(select(leases).where(leases.c.name.like(f"send:{mailing}#%")))
    return sum(_lives(row.holder, row.until, now) for row in rows)


def ended(connection: Connection, claimants: Collection[str]) -> frozenset[str]:
    """Return those of `claimants` that are shares without a lease: they have died, or stood still for too long."""
    names = frozenset(filter(is_share, claimants))
    if not names:
        return names
    now = _now(connection)
    rows = connection.execute(select(leases.c.holder, leases.c.until).where(leases.c.holder.in_(names)))
    return names - {row.holder for row in rows if _lives(row.holder, row.until, now)}


def _lives(holder: str, until: datetime, now: datetime) -> bool:
    return bool(holder) and until > now and not lease_names.is_dead(holder)


def _now(connection: Connection) -> datetime:
    """Return the database's time."""
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now
