"""How long a question to a subscriber stands, and which suppressions their own wish can lift."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from digest.model import Suppression, SuppressionReason

CONFIRM_WITHIN = timedelta(days=7)  # an unconfirmed subscription is forgotten after this
NOTICES_PER_DAY = 3  # confirmation mails to one address: nobody's mailbox can be flooded through our form


def may_be_lifted(suppression: Suppression) -> bool:
    """Whether a subscriber who owns the address may lift this suppression: any but an operator's."""
    return suppression.reason is not SuppressionReason.OPERATOR


def coarse_origin(host: str) -> str:
    """Where a request came from, as far as a proof of consent needs it: the network, not the machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
