"""How long links work, how many notices go where, which suppressions subscribers may lift, and how."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import timedelta

from digest.model import Suppression, SuppressionReason

CONFIRM_WITHIN = timedelta(days=7)  # an unconfirmed subscription is forgotten after this
ACT_WITHIN = timedelta(days=1)  # how long a link works that moves, exports or erases
NOTICES_PER_DAY = 3  # to one mailbox, so that nobody can flood it by means of our form
MAILBOXES_PER_DAY = 12  # of one domain, which may deliver all its addresses to one person; its subscribers come on top

UNSUBSCRIBE_PAGE, ONE_CLICK = "unsubscribe page", "one click (RFC 8058)"
"""How somebody unsubscribed by the link in a mail, as their history says it."""
RETURN_WITHIN = timedelta(minutes=15)  # after unsubscribing by the link, a slip can be undone by the same link


def may_be_lifted(suppression: Suppression) -> bool:
    """Whether a subscriber who owns the address may lift this suppression: any but an operator's."""
    return suppression.reason is not SuppressionReason.OPERATOR


_RESTORABLE = (SuppressionReason.BOUNCE, SuppressionReason.OPERATOR)
_STAYS = {
    SuppressionReason.UNSUBSCRIBED: "unsubscribed: only the subscriber can come back",
    SuppressionReason.COMPLAINT: "complained: only the subscriber can come back",
    SuppressionReason.ERASED: "erased on request: only the subscriber can come back",
    SuppressionReason.ADDRESS_CHANGED: "moved to another address",
}


def why_not_restorable(suppressions: Sequence[Suppression], *, has_left: bool) -> str:
    """Return why an operator may not lift an address's suppressions; "" if they may."""
    reasons = [reason for one in suppressions for reason in (one.reason, one.also) if reason is not None]
    if has_left:
        reasons.append(SuppressionReason.UNSUBSCRIBED)
    if not reasons:
        return "not on the suppression list"
    return next((_STAYS[reason] for reason in reasons if reason not in _RESTORABLE), "")


def coarse_origin(host: str) -> str:
    """Return the network that a request came from: enough for a proof of consent, without the visitor's own address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
