"""Deliveries: one row for each mailing and subscriber."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from digest.model import DeliveryState
from digest.store.schema.columns import BigId, MailingType, UTCDateTime, metadata, one_of_states

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("week", MailingType, nullable=False),
    Column("subscriber", BigInteger, nullable=False),  # no foreign key: the row outlives the subscriber
    Column("email", Text, nullable=False),  # blanked by retention
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("message_id", Text, nullable=False),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("lease_until", UTCDateTime),
    Column("not_before", UTCDateTime),  # a deferred delivery is not tried again before this
    Column("first_at", UTCDateTime),  # first claimed: the message's Date
    Column("deferred_since", UTCDateTime),  # first deferred: its deadline counts from here
    # Whose text was sent; 0: unknown, or no edition.
    Column("approval", BigInteger, nullable=False, server_default="0"),
    Column("reply_code", Integer, nullable=False, server_default="0"),
    Column("reply_enhanced", String(16), nullable=False, server_default=""),
    Column("reply_text", Text, nullable=False, server_default=""),
    Column("queue_id", Text, nullable=False, server_default=""),
    Column("updated_at", UTCDateTime, nullable=False),
    one_of_states("state", DeliveryState),
    UniqueConstraint("week", "subscriber"),
    Index(None, "week", "state", "id"),
    Index(None, "subscriber"),
)

sending_runs = Table(
    "sending_runs",
    metadata,
    Column("mailing", MailingType, primary_key=True),
    Column("number", Integer, nullable=False),  # of the last run
)
