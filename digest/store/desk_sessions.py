"""Versions of people's sessions on the desk: raised where all sessions of somebody end."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from digest.store.schema import desk_sessions


def version(connection: Connection, person: str) -> int:
    """Return the version of somebody's sessions; 0 if they never logged out."""
    statement = select(desk_sessions.c.version).where(desk_sessions.c.person == person)
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def end_all(connection: Connection, person: str) -> int:
    """Raise the version of somebody's sessions, and return it."""
    of_person = desk_sessions.c.person == person
    raised = connection.execute(update(desk_sessions).where(of_person).values(version=desk_sessions.c.version + 1))
    if not raised.rowcount:
        connection.execute(insert(desk_sessions).values(person=person, version=1))
    return version(connection, person)
