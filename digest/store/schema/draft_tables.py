"""What editors have typed and not yet applied to the edition."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from digest.store.schema.columns import UTCDateTime, WeekType, metadata

drafts = Table(
    "drafts",
    metadata,
    Column("week", WeekType(8), primary_key=True),
    Column("field", String(16), primary_key=True),  # a TypedField
    Column("post", String(16), primary_key=True),  # "" for a field of the edition itself
    Column("person", String(80), primary_key=True),
    Column("text", Text, nullable=False),
    Column("mark", String(64), nullable=False),  # of what was there when typing began
    Column("saved_at", UTCDateTime, nullable=False, index=True),
)
