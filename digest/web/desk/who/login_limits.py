"""Limits on wrong passwords that lock nobody else out.

Wrong passwords are counted for a log-in and the network that they come from, and for the network as a whole. A browser
in which somebody has logged in before carries a cookie that says so, and is counted by itself: whoever guesses the
password of an editor, even from the same office, does not keep the editor out.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

FREE_PER_PERSON, FREE_PER_NETWORK = 5, 30
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0  # seconds; doubled with each further wrong password
_FORGET_AFTER = 1_800.0  # seconds without a wrong password
_MOST = 10_000


class LoginLimits:
    """Counts wrong passwords by key, in memory, and says how long a key has to wait."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_to_wait(self, keys: dict[str, int]) -> float:
        """Return how long to wait, by the keys of an attempt and how many wrong passwords each has free."""
        with self._lock:
            return max((self._wait(key, free) for key, free in keys.items()), default=0.0)

    def count(self, keys: dict[str, int]) -> None:
        """Count an attempt before its password is checked: attempts at the same time are counted, too."""
        now = self._monotonic()
        with self._lock:
            for key in keys:
                number, last = self._failures.pop(key, (0, now))
                self._failures[key] = (1 if now - last > _FORGET_AFTER else number + 1, now)
            while len(self._failures) > _MOST:
                self._failures.popitem(last=False)

    def forgive(self, keys: dict[str, int]) -> None:
        """Take back what was counted: the password was right. A network's other wrong ones stay counted."""
        with self._lock:
            for key, free in keys.items():
                number, last = self._failures.pop(key, (0, 0.0))
                if free == FREE_PER_NETWORK and number > 1:
                    self._failures[key] = (number - 1, last)

    def _wait(self, key: str, free: int) -> float:
        number, last = self._failures.get(key, (0, 0.0))
        if number < free:
            return 0.0
        wait: float = min(_FIRST_WAIT * 2 ** min(number - free, 10), _LONGEST_WAIT)
        return max(0.0, last + wait - self._monotonic())


def attempt_keys(login: str, ip: str, device: str) -> dict[str, int]:
    """Return what an attempt is counted under. `device` is from the cookie of a browser that `login` has used."""
    if device:
        return {f"device {device} {login.casefold()}": FREE_PER_PERSON}
    network = network_of(ip)
    return {f"person {login.casefold()} {network}": FREE_PER_PERSON, f"network {network}": FREE_PER_NETWORK}


def network_of(ip: str) -> str:
    """Return the network that one visitor can send from: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
