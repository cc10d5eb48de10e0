"""The store itself: its identity, leases of its programs, notices and alerts that were sent, sessions on the desk."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Integer, String, Table, Text

from digest.store.schema.columns import UTCDateTime, WeekType, metadata

notifications = Table(
    "notifications",
    metadata,
    Column("week", WeekType(16), primary_key=True),
    Column("event", String(32), primary_key=True),
    Column("recipient", String(64), primary_key=True),  # a hash of the address; "" for all, from before 0005
    Column("at", UTCDateTime, nullable=False),
)

pending_notices = Table(
    "pending_notices",
    metadata,
    Column("week", WeekType(16), primary_key=True),
    Column("event", String(32), primary_key=True),  # as in `notifications`
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", JSON, nullable=False),  # for the audit trail
    Column("while_status", String(16), nullable=False, server_default=""),  # pointless in any other; "" for always
    Column("at", UTCDateTime, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("kind", String(16), primary_key=True),  # an AlertKind
    Column("about", String(200), primary_key=True),  # which edition, source, …
    Column("what", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("since", UTCDateTime, nullable=False),  # first seen
    Column("resolved_at", UTCDateTime),  # not seen any more
    Column("notified", JSON, nullable=False),  # when each channel was last sent it, by its name
)

store_identity = Table(
    "store_identity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: a store has one name
    Column("name", Text, nullable=False),
    Column("key_fingerprint", Text, nullable=False, server_default=""),  # of the secret key; "" until it is adopted
    Column("place", Text, nullable=False, server_default=""),  # the database that the store lies in; "" for SQLite
    Column("restored_from", UTCDateTime),  # when the backup was made that this is; NULL once a person has said to send
    Column("backup_at", UTCDateTime),  # the last backup that was made and verified
    Column("backup_file", Text, nullable=False, server_default=""),
    Column("backup_size", BigInteger, nullable=False, server_default="0"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),  # "collect", "compose:2019-W12", "send:2019-W12"
    Column("holder", Text, nullable=False),
    Column("until", UTCDateTime, nullable=False),
)

desk_sessions = Table(
    "desk_sessions",
    metadata,
    Column("person", String(64), primary_key=True),  # a hash of how somebody logs in
    Column("version", Integer, nullable=False),  # sessions of an earlier one have ended
)
