"""Leases (who does a piece of work) and the names by which senders and machines are known."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from digest.boot_id import boot_id
from digest.store.schema import leases

_LONGEST = timedelta(days=1)  # a lease that ends later was taken by a clock that has been set back since


def claimant() -> str:
    """Return a name for this run: machine, process id, start of the process, and a random part."""
    return f"{_place()}|{os.getpid()}|{_started(os.getpid())}|{uuid.uuid4().hex[:12]}"


def is_dead(name: str) -> bool:
    """Whether the run of that name has certainly ended. For a run on another machine only its lease decides: False."""
    place, _, rest = name.partition("|")
    pid, _, rest = rest.partition("|")
    started = rest.partition("|")[0]
    if not place or place != _place() or not pid.isdigit() or not started:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass  # another user's process: it is there
    current = _started(int(pid))
    return current not in ("", started)


@cache
def _place() -> str:
    """Return this machine's name, boot id and process namespace: two containers may share names and process ids."""
    return "/".join([socket.gethostname().replace("|", ""), boot_id(), _space()])


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text("latin-1").strip()
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process began, in ticks since the machine's start; "" if that cannot be read."""
    fields = _text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(fields) <= 19:
        return ""
    # A zombie has ended: its parent has not waited for it yet.
    return "ended" if fields[0] in ("Z", "X") else fields[19]


def acquire(connection: Connection, name: str, holder: str, *, now: datetime, until: datetime) -> str:
    """Take or renew the lease `name` for `holder`. Return who holds it after the call."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(leases).values(name=name, holder=holder, until=until).on_conflict_do_nothing())
    lease = connection.execute(select(leases).where(leases.c.name == name).with_for_update()).one()
    lasts = now < lease.until < now + _LONGEST
    if lease.holder != holder and lasts and not is_dead(lease.holder):
        return str(lease.holder)
    connection.execute(update(leases).where(leases.c.name == name).values(holder=holder, until=until))
    return holder


def holder(connection: Connection, name: str) -> str:
    """Return who holds the lease, even if it has run out; "" for nobody."""
    return str(connection.execute(select(leases.c.holder).where(leases.c.name == name)).scalar_one_or_none() or "")


def ends(connection: Connection, name: str) -> datetime | None:
    """Return when the lease ends, or has ended; None if nobody has taken it."""
    moment: datetime | None = connection.execute(select(leases.c.until).where(leases.c.name == name)).scalar()
    return moment


def release(connection: Connection, name: str, holder: str) -> None:
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
