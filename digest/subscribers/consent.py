"""How long a question to a subscriber stands, and which suppressions their own wish can lift."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta

CONFIRM_WITHIN = timedelta(days=7)  # an unconfirmed subscription is forgotten after this
LEFT = "left"  # the reason on the suppression list of a subscriber who unsubscribed
MOVED = "moved to another address"  # the reason on the suppression list of an address that its subscriber gave up
NOTES_A_DAY = 3  # confirmation mails to one address: nobody's mailbox can be flooded through our form
_FROM = "from: "


def can_come_back(reason: str) -> bool:
    """Whether a subscriber who proves that the address is theirs may lift this suppression. An operator's own may
    not."""
    return reason in (LEFT, "erased", MOVED) or reason.startswith(("bounce", "complaint"))


def came_from(hashes: Iterable[str]) -> str:
    """How the line of a new address names the hashes of the old one: its history is the same subscriber's."""
    return f"{_FROM}{' '.join(hashes)}"


def former_hashes(wording: str) -> list[str]:
    """The hashes that `came_from` wrote there; none in any other line."""
    return wording.removeprefix(_FROM).split() if wording.startswith(_FROM) else []


def coarse_origin(host: str) -> str:
    """Where a request came from, as far as a proof of consent needs it: the network, not the machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
