"""Which addresses of the network may be visited: the public ones, and the networks that the operator allows.

Feeds and pages are named by strangers. Without this, a feed could make the digest read the operator's own machines
(server-side request forgery). The check is made on the address that is connected to, not on the name, so that no
spelling of an address and no change of DNS between check and connection gets past it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")  # all that was ever given out as global unicast
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_SPECIAL = (
    # Not public either, but not known as such to every Python that we run on.
    ipaddress.ip_network("192.88.99.0/24"),  # relays to 6to4
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments
    ipaddress.ip_network("2001::/23"),  # the same
    ipaddress.ip_network("3fff::/20"),  # documentation
)


class NetworkGuard:
    """Decides about addresses. `allow_networks` are CIDR networks that may be visited although they are not public."""

    def __init__(self, allow_networks: Sequence[str] = ()) -> None:
        self._allowed = tuple(ipaddress.ip_network(network) for network in allow_networks)

    def allows(self, address: str) -> bool:
        """Whether a numeric address, as the resolver gives it, may be connected to."""
        try:
            # A zone ("fe80::1%eth0") names an interface of this machine; what it zones is judged without it.
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return self.is_own(address) or is_public(ip)

    def is_own(self, address: str) -> bool:
        """Whether the address is in one of the networks that the operator allows."""
        try:
            ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        return any(ip.version == network.version and ip in network for network in self._allowed)


def is_public(address: IPAddress) -> bool:
    """Whether anyone on the internet would reach the same machine there."""
    address = _unwrapped(address)
    if address.is_multicast or address.is_unspecified or address.is_reserved or not address.is_global:
        return False
    if any(address.version == network.version and address in network for network in _SPECIAL):
        return False
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_V6


def _unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries to (mapped, 6to4, Teredo, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
