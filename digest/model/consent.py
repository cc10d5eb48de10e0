"""What happens to an address: the lines of a subscriber's history, and why an address is suppressed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ConsentEvent(StrEnum):
    """One kind of line in a subscriber's history. The values stand in stores and exports: they never change."""

    SUBSCRIBED = "subscribed"  # by an import or by hand
    ASKED = "asked"  # filled in the form; a confirmation mail was sent
    REMINDED = "reminded"  # filled in the form, but is subscribed already
    CONFIRMED = "confirmed"
    CHANGED = "changed"  # preferences; the detail says which
    PAUSED = "paused"
    RESUMED = "resumed"
    CHANGE_ASKED_FROM = "asked to move away"  # the old address of somebody who asks to change it
    CHANGE_ASKED_TO = "asked to move here"  # the new one
    CHANGED_FROM = "moved away"
    CHANGED_TO = "moved here"  # the detail holds the hashes of the old address
    SOFT_BOUNCE = "soft bounce"
    SUPPRESSED = "suppressed"
    RESTORED = "restored"  # taken off the suppression list
    UNSUBSCRIBED = "unsubscribed"
    ERASED = "erased"
    NOTICE = "notice"  # one was sent; under the hash of a mailbox or a domain, to count them


class SuppressionReason(StrEnum):
    """Why nothing may be sent to an address. The values stand in stores and exports: they never change."""

    UNSUBSCRIBED = "left"
    ERASED = "erased"
    ADDRESS_CHANGED = "moved to another address"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OPERATOR = "suppressed"  # a person's decision; the detail says why, in their words


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why an address is on the suppression list."""

    reason: SuppressionReason
    detail: str = ""  # such as the bounce's code
    also: SuppressionReason | None = None  # a reason that came later, and that no operator may lift

    def __str__(self) -> str:
        """For people: "bounce 5.1.1", "left", or an operator's own words."""
        if self.reason is SuppressionReason.OPERATOR and self.detail:
            return self.detail
        return f"{self.reason} {self.detail}".strip()
