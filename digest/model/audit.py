"""What the audit trail can say was done."""

from __future__ import annotations

from enum import StrEnum


class AuditEvent(StrEnum):
    """One kind of row in the audit trail. The values stand in stores and on the desk: they never change."""

    COMPOSED = "composed"
    APPROVED = "approved"
    FIRST_APPROVED = "approved, waiting for another person"
    APPROVAL_VOIDED = "approval voided"
    TAKEN_BACK = "approval taken back"
    HELD = "held"
    SKIPPED = "skipped"
    UNSKIPPED = "unskipped"  # or released, where it was held
    SCHEDULED = "scheduled"
    INTRODUCTION_WRITTEN = "introduction written"
    SUBJECT_WRITTEN = "subject written"
    PREHEADER_WRITTEN = "preheader written"
    THEMES_ORDERED = "themes ordered"
    UNDONE = "undone"
    REVISION_RESTORED = "revision restored"
    SENDING_STARTED = "sending started"
    SENDING_STOPPED = "sending stopped"
    SENDING_PAUSED = "sending paused"
    SENDING_RESUMED = "sending resumed"
    SENDING_FINISHED = "sending finished"
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
    STORE_RESTORED = "store restored"
    STORE_ACCEPTED = "store accepted"  # restored or copied: it may send from here
    SOURCE_CHANGED = "source changed"  # in digest.toml, on the desk
    MOVE_FORGOTTEN = "move forgotten"  # it teaches the themes no more
    MOVE_REMEMBERED = "move remembered"
    # What the editor decides about one post.
    PINNED = "pinned"
    UNPINNED = "unpinned"
    LEAD_CHOSEN = "lead chosen"
    LEAD_REMOVED = "lead removed"
    PLACED = "placed"  # in another place of its theme, or of another theme
    MOVED_UP = "moved up"  # until 1.4, as the two below
    MOVED_DOWN = "moved down"
    MADE_ROOM = "made room"
    UNPLACED = "unplaced"
    MOVED = "moved"  # to another theme
    DROPPED = "dropped"
    HELD_BACK = "held back"
    BROUGHT_BACK = "brought back"
    BROUGHT_IN = "brought in"
    SHOWN_IN_FULL = "shown in full"
    TITLE_ONLY = "title only"
    LENGTH_RANKED = "length ranked"  # full or title only, as the limits say
    NOTE_WRITTEN = "note written"
    ALT_TEXT_WRITTEN = "alt text written"
    PICTURE_HIDDEN = "picture hidden"
    PICTURE_SHOWN = "picture shown"
    TITLE_EDITED = "title edited"
    TITLE_RESTORED = "title restored"
    SENTENCES_CHOSEN = "sentences chosen"
    SENTENCES_RESTORED = "sentences restored"
