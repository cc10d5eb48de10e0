"""Which events mail providers have reported by webhook: a provider sends one again until it is answered with 2xx.

The rows hold a hash of the event's name, and no address.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from digest.store.schema import provider_events


def add(connection: Connection, provider: str, event: str, *, at: datetime) -> bool:
    """Record an event by the provider's own name for it. False if it has been recorded before."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    name = hashlib.sha256(event.encode("utf-8", "surrogatepass")).hexdigest()
    insert = dialect.insert(provider_events).values(provider=provider, event=name, at=at).on_conflict_do_nothing()
    return connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1


def prune(connection: Connection, *, before: datetime) -> int:
    """Delete the events that came before; return how many."""
    return connection.execute(delete(provider_events).where(provider_events.c.at < before)).rowcount
