"""What says that an address does not take our mail, and what of it has been read."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, false

from digest.model import BounceState
from digest.store.schema.columns import BigId, UTCDateTime, metadata, one_of_states

bounces = Table(
    "bounces",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("subscriber", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("batch", String(16), nullable=False),  # the mailing, or the day it arrived where the mailing is not known
    Column("hard", Boolean, nullable=False),
    Column("returned", Boolean, nullable=False),  # it came back as mail; False: rejected in the SMTP conversation
    Column("cause", String(16), nullable=False),  # a Cause of digest.mail.smtp.verdict
    Column("code", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("hold", Text, nullable=False, server_default=""),  # why it is on hold
    Column("suppressed", Boolean, nullable=False, server_default=false()),  # it put the address on the list
    one_of_states("state", BounceState),
    UniqueConstraint("subscriber", "batch"),
    Index(None, "batch"),
    Index(None, "state"),
)

mailbox_readings = Table(
    "mailbox_readings",
    metadata,
    Column("mailbox", String(64), primary_key=True),  # a hash of its place, which may hold a name
    Column("at", UTCDateTime, nullable=False),  # when it was last read to its end
)

provider_events = Table(
    "provider_events",
    metadata,
    Column("provider", String(16), primary_key=True),
    Column("event", String(64), primary_key=True),  # a hash of the provider's own name for the event
    Column("at", UTCDateTime, nullable=False),  # when it came
    Index(None, "at"),
)
