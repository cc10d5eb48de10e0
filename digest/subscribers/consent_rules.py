"""How long a confirmation link works, how many notices an address gets, and which suppressions subscribers may lift."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from digest.model import Suppression, SuppressionReason

CONFIRM_WITHIN = timedelta(days=7)  # an unconfirmed subscription is forgotten after this
NOTICES_PER_DAY = 3  # to one address, so that nobody can flood a mailbox by means of our form


def may_be_lifted(suppression: Suppression) -> bool:
    """Whether a subscriber who owns the address may lift this suppression: any but an operator's."""
    return suppression.reason is not SuppressionReason.OPERATOR


def coarse_origin(host: str) -> str:
    """Return the network that a request came from: enough for a proof of consent, without the visitor's own address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
