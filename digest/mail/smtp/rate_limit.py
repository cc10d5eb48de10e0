"""How fast to send: a token bucket, and a pause where servers throttle us. Pure: time is passed in, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


class TokenBucket:
    """At most `rate` messages a second, with bursts of at most one second's worth. A rate of 0 is no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._tokens = 1.0  # no burst at the start of a run
        self._at = now

    def ready(self, now: float) -> int:
        """How many messages may go now, where the rate is limited."""
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return int(self._tokens)

    def take(self, most: int, now: float) -> int:
        """How many of `most` messages may go now; they are counted as sent."""
        if not self._rate:
            return most
        granted = min(most, self.ready(now))
        self._tokens -= granted
        return granted

    def wait(self, now: float) -> float:
        """Seconds until the next message may go."""
        if not self._rate:
            return 0.0
        return max(0.0, (1.0 - self._tokens) / self._rate - (now - self._at))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run goes on with a server that cannot be reached, throttles or rejects us."""

    tries: int = 5  # failures in a row, over all connections, before the run stops
    first_wait: float = 0.5  # seconds; doubles with each failure in a row
    longest_wait: float = 60.0
    throttles: int = 8  # in a row, beyond one for each connection, before the run stops
    rejections: int = 20  # in a row that may be about the sender, before the run stops

    def wait(self, failures: int) -> float:
        return float(min(self.longest_wait, self.first_wait * 2 ** min(failures - 1, 30))) if failures else 0.0


@dataclass(frozen=True, slots=True)
class PaceRules:
    """How sending slows down for a server that throttles us."""

    first_pause: float = 0.1  # seconds between two messages after the first throttling; doubles with each one
    longest_pause: float = 30.0
    policy_deferrals: int = 10  # in a row that mean throttling; single ones are greylisting


class AdaptivePace:
    """A pause between messages that grows when the server throttles us and shrinks while it accepts messages."""

    def __init__(self, rules: PaceRules) -> None:
        self._rules = rules
        self._pause = 0.0
        self._next = 0.0
        self._policy_deferrals = 0  # in a row
        self.throttles = 0
        """How often the server has throttled us since it accepted a message."""

    @property
    def pause(self) -> float:
        return self._pause

    def throttled(self, now: float) -> None:
        self.throttles += 1
        self._pause = min(self._rules.longest_pause, max(self._rules.first_pause, self._pause * 2))
        self._next = max(self._next, now + self._pause)

    def deferred_by_policy(self, now: float) -> None:
        """One message was deferred by policy."""
        self._policy_deferrals += 1
        if self._policy_deferrals >= self._rules.policy_deferrals:
            self.throttled(now)

    def accepted(self) -> None:
        self._policy_deferrals = self.throttles = 0
        self._pause = self._pause * 0.95 if self._pause > 0.001 else 0.0

    def take(self, most: int, now: float) -> int:
        if not self._pause:
            return most
        if now < self._next or not most:
            return 0
        self._next = now + self._pause
        return 1

    def wait(self, now: float) -> float:
        return max(0.0, self._next - now) if self._pause else 0.0
