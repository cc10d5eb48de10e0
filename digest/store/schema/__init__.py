"""The tables, a module for each aggregate. A test shows that the migrations in `migrations/` lead here.

Three kinds of state: memory (sources, entries, posts, pages), cache (articles: may be dropped at any time), and record
(editions, approvals, deliveries, suppressions, consent, audit: append-only where it can be). Moments are stored as
aware UTC through `UTCDateTime`.
"""

from digest.store.schema.bounce_tables import bounces, mailbox_readings, provider_events
from digest.store.schema.columns import BigId, UTCDateTime, metadata
from digest.store.schema.delivery_tables import deliveries, sending_runs
from digest.store.schema.draft_tables import drafts
from digest.store.schema.edition_tables import (
    approvals,
    audit,
    corrections,
    decisions,
    edition_posts,
    editions,
    first_approvals,
    forgotten_moves,
    link_checks,
    revisions,
)
from digest.store.schema.post_tables import articles, entries, pages, pictures, post_texts, posts, sources
from digest.store.schema.store_tables import (
    alerts,
    desk_sessions,
    leases,
    notifications,
    pending_notices,
    store_identity,
)
from digest.store.schema.subscriber_tables import consent, subscribers, suppressions, unconfirmed_choices

__all__ = [
    "BigId",
    "UTCDateTime",
    "alerts",
    "approvals",
    "articles",
    "audit",
    "bounces",
    "consent",
    "corrections",
    "decisions",
    "deliveries",
    "desk_sessions",
    "drafts",
    "edition_posts",
    "editions",
    "entries",
    "first_approvals",
    "forgotten_moves",
    "leases",
    "link_checks",
    "mailbox_readings",
    "metadata",
    "notifications",
    "pages",
    "pending_notices",
    "pictures",
    "post_texts",
    "posts",
    "provider_events",
    "revisions",
    "sending_runs",
    "sources",
    "store_identity",
    "subscribers",
    "suppressions",
    "unconfirmed_choices",
]
