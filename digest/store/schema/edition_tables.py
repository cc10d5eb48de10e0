"""Editions: revisions, the editor's decisions, approvals, corrections, and the audit trail."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false

from digest.model import EditionStatus
from digest.store.schema.columns import BigId, OptionalWeekType, UTCDateTime, WeekType, metadata, one_of_states

editions = Table(
    "editions",
    metadata,
    Column("week", WeekType(8), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("revision", Integer, nullable=False),  # the current one; 0 before the first
    Column("composed_at", UTCDateTime),
    Column("send_at", UTCDateTime),  # scheduled by the editor; NULL sends as the settings say
    Column("started_at", UTCDateTime),  # when sending first started: the Date of every message
    Column("sent_at", UTCDateTime),
    Column("paused_at", UTCDateTime),  # sending waits since then, until somebody lets it go on
    Column("paused_by", Text, nullable=False, server_default=""),
    Column("answered_at", UTCDateTime),  # when a person first approved, held or skipped it: no_answer no more
    Column("introduction", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False, server_default=""),
    Column("lead", String(16), nullable=False, server_default=""),  # the post that comes first of all
    Column("theme_order", JSON, nullable=False, server_default="[]"),  # keys of themes; the others follow
    Column("post_order", JSON, nullable=False, server_default="{}"),  # ids of posts, by the key of their theme
    one_of_states("status", EditionStatus),
)

revisions = Table(
    "revisions",
    metadata,
    Column("week", ForeignKey("editions.week"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("made_at", UTCDateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("snapshot", JSON, nullable=False),  # an Edition
    Column("editing", JSON),  # the fields of the EditorState that it was made from; NULL before 0016
)

edition_posts = Table(
    "edition_posts",
    metadata,
    Column("week", ForeignKey("editions.week"), primary_key=True),
    Column("post", String(16), primary_key=True),
    Column("shown", Boolean, nullable=False),  # False: left out
    Index(None, "post"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("week", WeekType(8), primary_key=True),
    Column("post", String(16), primary_key=True),
    Column("theme", String(80), nullable=False),
    Column("dropped", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("sentences", JSON, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("alt", Text, nullable=False, server_default=""),
    Column("full", Boolean),  # NULL: as the limits say
    Column("brought_in", Text, nullable=False, server_default=""),  # by which editor
    Column("no_picture", Boolean, nullable=False, server_default=false()),
    Column("made_at", UTCDateTime, nullable=False),
)

forgotten_moves = Table(
    "forgotten_moves",
    metadata,
    Column("week", WeekType(8), primary_key=True),
    Column("post", String(16), primary_key=True),
    Column("theme", String(80), nullable=False),  # only the move to this one: a later move elsewhere teaches again
    Column("at", UTCDateTime, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("week", ForeignKey("editions.week"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("rendered", JSON, nullable=False),  # the mail as it was approved: what a sent edition shows for ever
    Column("by", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("subscribers", Integer),  # that were active then; NULL where they were not counted
    Column("voided_at", UTCDateTime),
    Column("voided_because", Text, nullable=False, server_default=""),
    Index(None, "week"),
)

first_approvals = Table(
    "first_approvals",
    metadata,
    Column("week", ForeignKey("editions.week"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),  # void as soon as the edition has another
    Column("by", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)

link_checks = Table(
    "link_checks",
    metadata,
    Column("week", WeekType(8), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("state", String(16), nullable=False),  # a LinkState
    Column("reason", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("week", ForeignKey("editions.week"), primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("text", Text, nullable=False),  # Markdown
    Column("subject", Text, nullable=False),  # "" lets the template write it
    Column("by", Text, nullable=False),
    Column("at", UTCDateTime, nullable=False),  # when it was written
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", String(80), nullable=False),  # an AuditEvent
    Column("week", OptionalWeekType(8), nullable=False),
    Column("detail", JSON, nullable=False),
    Index(None, "week"),
)
