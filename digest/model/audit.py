"""What the audit trail can say was done."""

from __future__ import annotations

from enum import StrEnum


class AuditEvent(StrEnum):
    """One kind of row in the audit trail. The values stand in stores and on the desk: they never change."""

    COMPOSED = "composed"
    APPROVED = "approved"
    APPROVAL_VOIDED = "approval voided"
    TAKEN_BACK = "approval taken back"
    HELD = "held"
    SKIPPED = "skipped"
    UNSKIPPED = "unskipped"  # or released, where it was held
    SCHEDULED = "scheduled"
    INTRODUCTION_WRITTEN = "introduction written"
    SUBJECT_WRITTEN = "subject written"
    EDITORS_NOTIFIED = "editors told"
    TEST_SENT = "test sent"
    LINKS_CHECKED = "links checked"
    CORRECTION = "correction"
    DELIVERIES_RETRIED = "deliveries retried"
    DELIVERIES_RECONCILED = "deliveries reconciled"
    BOUNCES_ACCEPTED = "bounces accepted"
    BOUNCES_DISMISSED = "bounces dismissed"
    SUBSCRIBERS_RESTORED = "subscribers restored"
    KEY_ACCEPTED = "key accepted"
    MOVE_FORGOTTEN = "move forgotten"  # it teaches the themes no more
    MOVE_REMEMBERED = "move remembered"
    # What the editor decides about one post.
    PINNED = "pinned"
    UNPINNED = "unpinned"
    MOVED_UP = "moved up"
    MOVED_DOWN = "moved down"
    MADE_ROOM = "made room"  # a neighbour changed places with a post that was moved up or down
    UNPLACED = "unplaced"
    MOVED = "moved"  # to another theme
    DROPPED = "dropped"
    HELD_BACK = "held back"
    BROUGHT_BACK = "brought back"
    TITLE_EDITED = "title edited"
    TITLE_RESTORED = "title restored"
    SENTENCES_CHOSEN = "sentences chosen"
    SENTENCES_RESTORED = "sentences restored"
