"""Subscribers, their consent, and whom no mail may reach."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from digest.model import SubscriberStatus
from digest.store.schema.columns import BigId, UTCDateTime, metadata, one_of_states

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),  # normalised and casefolded: one subscriber, one row
    Column("name", Text, nullable=False, server_default=""),
    Column("themes", JSON, nullable=False),  # list of keys; [] means all
    Column("language", String(35), nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    Column("joined_at", UTCDateTime, nullable=False),
    Column("soft_bounces", Integer, nullable=False, server_default="0"),
    Column("hash", String(64), nullable=False, server_default=""),  # keyed hash of email_key, as in suppressions
    Column("new_email", Text, nullable=False, server_default=""),  # asked for, not confirmed yet
    Column("frequency", String(16), nullable=False, server_default="weekly"),  # a Frequency
    Column("paused_until", UTCDateTime),  # when a pause ends by itself; NULL: when they resume, or no pause
    one_of_states("status", SubscriberStatus),
    Index(None, "status", "language"),  # alone it says how many subscribers ask for which language
    Index(None, "hash"),
    # Numbers of erased subscribers are never given again: links in old mails carry them.
    sqlite_autoincrement=True,
)

unconfirmed_choices = Table(
    "unconfirmed_choices",
    metadata,
    Column("subscriber", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("themes", JSON, nullable=False),  # as in subscribers
    Column("language", String(35), nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("frequency", String(16), nullable=False, server_default="weekly"),
)
"""What somebody chose who has a row already and does not get mail: it counts once they confirm."""

suppressions = Table(
    "suppressions",
    metadata,
    Column("hash", String(64), primary_key=True),  # keyed hash of the normalised address: survives erasure
    Column("reason", Text, nullable=False),  # a SuppressionReason
    Column("detail", Text, nullable=False, server_default=""),  # such as the bounce's code, or an operator's words
    Column("at", UTCDateTime, nullable=False),
    # A reason that came later and that no operator may lift: "left", "complaint", "erased". "" where there is none.
    Column("also", Text, nullable=False, server_default=""),
)

consent = Table(
    "consent",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("hash", String(64), nullable=False),  # keyed hash of the normalised address
    Column("at", UTCDateTime, nullable=False),
    Column("what", String(40), nullable=False),  # a ConsentEvent
    Column(
        "detail", Text, nullable=False, server_default=""
    ),  # which preferences were changed; hashes of an old address
    Column("how", Text, nullable=False),  # "import subscribers.csv", "confirmed by link", "bounce 5.1.1", …
    Column("origin", Text, nullable=False, server_default=""),  # from where: file and row, or network address
    Column("wording", Text, nullable=False, server_default=""),  # what the subscriber agreed to
    Index(None, "hash"),
)
