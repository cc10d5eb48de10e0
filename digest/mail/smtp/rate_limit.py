"""How fast to send: a token bucket, and how long to try in vain. Pure: time is passed in, in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.mail.smtp.adaptive_pace import Pauses


class TokenBucket:
    """At most `rate` messages a second, with bursts of at most one second's worth. A rate of 0 is no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = max(1.0, rate)
        self._tokens = 1.0  # no burst at the start of a run
        self._at = now

    def limit_to(self, rate: float, now: float) -> None:
        """From now on, at most `rate` messages a second."""
        self.ready(now)
        self._rate, self._most = rate, max(1.0, rate)

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
    throttles: int = 8  # in a row, over all connections, before the run stops
    retries: int = 12  # of one delivery that is refused without a reason, or while others are accepted; then it waits
    rejections: int = 20  # in a row that may be about the sender, before the run stops
    pauses: Pauses = field(default_factory=Pauses)  # while throttled

    def wait(self, failures: int) -> float:
        return float(min(self.longest_wait, self.first_wait * 2 ** min(failures - 1, 30))) if failures else 0.0
