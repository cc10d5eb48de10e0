"""The tables. One place; the migrations in `migrations/` bring a store here, and a test shows that they do.

Three kinds of state: memory (sources, entries, posts, pages), cache (articles: may be dropped at any time), and record
(editions, approvals, deliveries, suppressions, consent, audit: append-only where it can be). Moments are stored as
aware UTC through `UTCDateTime`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from digest.model import BounceState, DeliveryState, EditionStatus, Mailing, SubscriberStatus
from digest.week import Week

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in an INTEGER column."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite keeps no time zone, so it goes in naive there and comes back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a time zone cannot be stored: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect  # asked for by SQLAlchemy
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text_of(value: object, expected: type[Mailing | Week]) -> str | None:
    """Return what is stored. Raises TypeError, so that no other spelling of a week gets into the store."""
    if value is None:
        return None
    if not isinstance(value, expected):
        raise TypeError(f"a {expected.__name__} is stored here, not {value!r}")
    return str(value)


class MailingType(TypeDecorator[Mailing]):
    """A mailing, stored as its text."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: Mailing | None, dialect: Dialect) -> str | None:
        del dialect  # asked for by SQLAlchemy
        return _text_of(value, Mailing)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mailing | None:
        del dialect  # asked for by SQLAlchemy
        return None if value is None else Mailing.parse(value)


class WeekType(TypeDecorator[Week]):
    """A week, stored as its text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Week | None, dialect: Dialect) -> str | None:
        del dialect  # asked for by SQLAlchemy
        return _text_of(value, Week)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Week | None:
        del dialect  # asked for by SQLAlchemy
        return Week.parse(value) if value else None


class OptionalWeekType(WeekType):
    """A week, or "" for none."""

    cache_ok = True

    def process_bind_param(self, value: Week | None, dialect: Dialect) -> str | None:
        return super().process_bind_param(value, dialect) or ""


def _one_of(column: str, states: type[Any]) -> CheckConstraint:
    values = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=column)


# --- Memory: what the web said ----------------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("feed", Text, nullable=False),  # the address the state below belongs to
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("content_hash", String(64), nullable=False, server_default=""),
    Column("outcome", String(16), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("checked_at", UTCDateTime),
    Column("good_at", UTCDateTime),  # last good fetch
    Column("first_good_at", UTCDateTime),  # before it, the source's first fetch has not happened
    Column("newest_at", UTCDateTime),  # the newest post seen, for pace and silence
    Column("next_at", UTCDateTime),  # not asked before this: Retry-After, max-age, ttl, back-off
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("entries", Integer, nullable=False, server_default="0"),  # that the feed showed when it was last read
    Column("pace_days", Float),  # usual days between posts
    Column("moved_to", Text, nullable=False, server_default=""),  # permanent redirect, proposed for the settings
    Column("proposed", Text, nullable=False, server_default=""),  # a rediscovered feed, proposed
    Column("gone_at", UTCDateTime),
    Column("whole_at", UTCDateTime),  # the feed itself came, and not only "nothing has changed"
    Column("left_out", JSON, nullable=False, server_default="{}"),  # entries not used when it was last read, by reason
)

posts = Table(
    "posts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("canonical", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("source", String(200), nullable=False),
    Column("published", UTCDateTime, nullable=False),
    Column("dated", Boolean, nullable=False),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("changed_at", UTCDateTime, nullable=False),
    Column("html", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("image", Text, nullable=False),
    Column("origin_name", Text, nullable=False),
    Column("origin_url", Text, nullable=False),
    Column("quarantine", Text, nullable=False),  # the reason it is kept out of editions; "" for none
    Column("same_as", String(16), nullable=False),  # the post it is a near-duplicate of; "" for none
    Column("media", JSON(none_as_null=True)),  # a Media; NULL where it is writing
    Column("sketch", LargeBinary),  # of its html, for finding near-duplicates; made when it is first compared
    Index(None, "published"),
    Index(None, "first_seen"),
    Index(None, "same_as"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("uid", Text, nullable=False),
    Column("post", ForeignKey("posts.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("first_seen", UTCDateTime, nullable=False),
    Column("last_seen", UTCDateTime, nullable=False),
    Column("text_hash", String(64), nullable=False, server_default=""),  # of the words alone; "" where too few to tell
    UniqueConstraint("source", "uid"),
    Index(None, "post"),
    Index(None, "source", "content_hash"),
)

pages = Table(
    "pages",
    metadata,
    Column("url", Text, primary_key=True),
    Column("final_url", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # zlib-compressed
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False, server_default="0"),  # as it was sent; 0 where `content` is all of it
    Column("failure", Text, nullable=False),  # why there is no content; "" for none
    Column("fetched_at", UTCDateTime, nullable=False),
    Index(None, "fetched_at"),
)

# --- Cache ------------------------------------------------------------------------------------------------------------

articles = Table(
    "articles",
    metadata,
    Column("post", String(16), primary_key=True),
    Column("key", String(64), nullable=False),  # hash of all that went in; a different one makes the row stale
    Column("value", JSON, nullable=False),
)

# --- Record: editions -------------------------------------------------------------------------------------------------

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
    Column("introduction", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _one_of("status", EditionStatus),
)

revisions = Table(
    "revisions",
    metadata,
    Column("week", ForeignKey("editions.week"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("made_at", UTCDateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("snapshot", JSON, nullable=False),  # an Edition
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
    Column("position", Integer),
    Column("title", Text, nullable=False),
    Column("sentences", JSON, nullable=False),
    Column("made_at", UTCDateTime, nullable=False),
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

# --- Record: subscribers ----------------------------------------------------------------------------------------------

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
    _one_of("status", SubscriberStatus),
    Index(None, "status", "language"),  # alone it says how many subscribers ask for which language
    Index(None, "hash"),
    # Numbers of erased subscribers are never given again: links in old mails carry them.
    sqlite_autoincrement=True,
)

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
    _one_of("state", BounceState),
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

# --- Record: deliveries -----------------------------------------------------------------------------------------------

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
    Column(
        "approval", BigInteger, nullable=False, server_default="0"
    ),  # whose text was sent; 0: unknown, or no edition
    Column("reply_code", Integer, nullable=False, server_default="0"),
    Column("reply_enhanced", String(16), nullable=False, server_default=""),
    Column("reply_text", Text, nullable=False, server_default=""),
    Column("queue_id", Text, nullable=False, server_default=""),
    Column("updated_at", UTCDateTime, nullable=False),
    _one_of("state", DeliveryState),
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

# --- The store itself -------------------------------------------------------------------------------------------------

notifications = Table(
    "notifications",
    metadata,
    Column("week", WeekType(16), primary_key=True),
    Column("event", String(32), primary_key=True),
    Column("recipient", String(64), primary_key=True),  # a hash of the address; "" for all, from before 0005
    Column("at", UTCDateTime, nullable=False),
)

store_identity = Table(
    "store_identity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1: a store has one name
    Column("name", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),  # "collect", "compose:2019-W12", "send:2019-W12"
    Column("holder", Text, nullable=False),
    Column("until", UTCDateTime, nullable=False),
)
