"""The values that flow through Digest, and the words for them.

Every value is frozen and slotted. Times are aware and in UTC. Each stage of the path has a value of its own, so that a
half-filled one cannot be written: an unsummarised post is an `Article`, never a summary that is `None`.
"""

from digest.model.article import Article, Block, BlockKind, Image, Page, Picture, Sentence, Summary
from digest.model.audit import AuditEvent
from digest.model.bounce import Bounce, BounceHold, BounceState
from digest.model.collected_posts import Arrival, KnownPost, ShownPost, StoredPost
from digest.model.consent import ConsentEvent, Suppression, SuppressionReason
from digest.model.delivery import (
    Claim,
    Delivery,
    DeliveryCounts,
    DeliveryResult,
    DeliveryState,
    LedgerStep,
    Reply,
    RevisionCount,
)
from digest.model.draft import Draft, TypedField
from digest.model.edition import (
    ELSEWHERE,
    Approval,
    Arrangement,
    Decision,
    Edition,
    EditionMail,
    EditionPost,
    EditionStatus,
    Evidence,
    Finding,
    Month,
    Placement,
    Section,
    Severity,
    Theme,
)
from digest.model.editor_state import EditorState
from digest.model.mailing import Mailing
from digest.model.post import AlsoOn, Credit, Entry, LeftOut, Media, MediaKind, Outcome, Post, Source, SourceReport
from digest.model.subscriber import EffectiveStatus, Frequency, RowVerdict, Subscriber, SubscriberRow, SubscriberStatus

__all__ = [
    "ELSEWHERE",
    "AlsoOn",
    "Approval",
    "Arrangement",
    "Arrival",
    "Article",
    "AuditEvent",
    "Block",
    "BlockKind",
    "Bounce",
    "BounceHold",
    "BounceState",
    "Claim",
    "ConsentEvent",
    "Credit",
    "Decision",
    "Delivery",
    "DeliveryCounts",
    "DeliveryResult",
    "DeliveryState",
    "Draft",
    "Edition",
    "EditionMail",
    "EditionPost",
    "EditionStatus",
    "EditorState",
    "EffectiveStatus",
    "Entry",
    "Evidence",
    "Finding",
    "Frequency",
    "Image",
    "KnownPost",
    "LedgerStep",
    "LeftOut",
    "Mailing",
    "Media",
    "MediaKind",
    "Month",
    "Outcome",
    "Page",
    "Picture",
    "Placement",
    "Post",
    "Reply",
    "RevisionCount",
    "RowVerdict",
    "Section",
    "Sentence",
    "Severity",
    "ShownPost",
    "Source",
    "SourceReport",
    "StoredPost",
    "Subscriber",
    "SubscriberRow",
    "SubscriberStatus",
    "Summary",
    "Suppression",
    "SuppressionReason",
    "Theme",
    "TypedField",
]
