"""Sources, and what they showed: memory of the web, and the cache of articles."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.store.schema.columns import BigId, UTCDateTime, metadata

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
    Column("added_by", Text, nullable=False, server_default=""),  # the editor who added it; "" where a feed brought it
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

pictures = Table(
    "pictures",
    metadata,
    Column("post", ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),  # where it was fetched, or tried in vain
    Column("name", String(40), nullable=False),  # of the file; "" for none
    Column("width", Integer, nullable=False),  # pixels
    Column("height", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("failure", Text, nullable=False),  # why there is none; "" where there is one
    Column("fetched_at", UTCDateTime, nullable=False),
    Index(None, "name"),
)

articles = Table(
    "articles",
    metadata,
    Column("post", String(16), primary_key=True),
    Column("key", String(64), nullable=False),  # hash of the value; of an older row, of what the article is made from
    Column("value", JSON, nullable=False),
)

post_texts = Table(
    "post_texts",
    metadata,
    Column("post", ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    Column("changed_at", UTCDateTime, nullable=False),  # the post's, when this was made of it
    Column("head", Text, nullable=False),  # title and source, folded as what is searched for
    Column("body", Text, nullable=False),  # the words of its feed, folded
)
