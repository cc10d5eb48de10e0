"""How fast to send: a token bucket, and the slowing down that servers ask for. Pure: time is passed in, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


class TokenBucket:
    """At most `rate` messages a second, with bursts of at most one second's worth. A rate of 0 is no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._tokens = 1.0  # a run does not begin with a burst
        self._at = now

    def ready(self, now: float) -> int:
        """How many messages may go now, of a rate that is a limit."""
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return int(self._tokens)

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` messages may go now; they are counted as gone."""
        if not self._rate:
            return wanted
        granted = min(wanted, self.ready(now))
        self._tokens -= granted
        return granted

    def wait(self, now: float) -> float:
        """Seconds until the next message may go."""
        if not self._rate:
            return 0.0
        return max(0.0, (1.0 - self._tokens) / self._rate - (now - self._at))


@dataclass(frozen=True, slots=True)
class Patience:
    """How a sender deals with a server that cannot be reached or asks for less."""

    tries: int = 5  # failures in a row, over all connections, before the run stops
    first_wait: float = 0.5  # seconds; doubles with each failure in a row
    longest_wait: float = 60.0
    complaints: int = 8  # how often in a row, and once for each connection, to be asked for less with nobody taken
    refusals: int = 20  # subscribers refused for what is not plainly theirs, nobody taken between, before the run stops

    def wait(self, failures: int) -> float:
        return float(min(self.longest_wait, self.first_wait * 2 ** min(failures - 1, 30))) if failures else 0.0


class AdaptivePace:
    """A pause between messages that grows when the server asks for less and melts while it takes what it gets."""

    FIRST = 0.1  # seconds between two messages after the first complaint
    LONGEST = 30.0
    SEVERAL = 10  # subscribers put off in a row say that the server means us; one in ten is greylisting

    def __init__(self) -> None:
        self._pause = 0.0
        self._next = 0.0
        self._put_off = 0  # subscribers in a row
        self.complaints = 0
        """How often the server has asked for less since it took a message."""

    @property
    def pause(self) -> float:
        return self._pause

    def complained(self, now: float) -> None:
        self.complaints += 1
        self._pause = min(self.LONGEST, max(self.FIRST, self._pause * 2))
        self._next = max(self._next, now + self._pause)

    def put_off(self, now: float) -> None:
        """One subscriber was refused by policy for now."""
        self._put_off += 1
        if self._put_off >= self.SEVERAL:
            self.complained(now)

    def took(self) -> None:
        self._put_off = self.complaints = 0
        self._pause = self._pause * 0.95 if self._pause > 0.001 else 0.0

    def take(self, wanted: int, now: float) -> int:
        if not self._pause:
            return wanted
        if now < self._next or not wanted:
            return 0
        self._next = now + self._pause
        return 1

    def wait(self, now: float) -> float:
        return max(0.0, self._next - now) if self._pause else 0.0
