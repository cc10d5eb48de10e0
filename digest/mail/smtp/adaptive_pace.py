"""How fast a mail server takes messages, found out from whom it throttles. Pure: time is passed in, in seconds.

    unlimited ──throttled──▶ paused ──one message accepted──▶ at the limit ──a while──▶ probing, faster and faster
                               ▲                                   │ throttled              │ throttled
                               └───────────────────────────────────┴────────────────────────┘

Servers count over a second, a minute or an hour, and do not say which. So the first estimate is what was accepted, by
the time that passed until the server accepted again: the pause in between is part of its window. From there on it is
corrected in small steps: down where the limit itself is refused, up where probing finds more. Each probe that finds
little makes the next one wait longer, so that a server with a steady limit refuses few messages. Without one, as after
a restart of the server, probing doubles each second and the limit is forgotten within seconds.

A refusal of a message that was under way when the pace changed says nothing new. So the outbox keeps the `era` of each
claim.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SEVERAL = 10
"""Temporary refusals in a row that mean throttling although none says so."""

_LAG = 0.05  # seconds of messages that may be made up for at once, after the machine was busy
_PROBE = 0.02  # how much faster than the limit after the first second of probing, as a share; doubles each second
_FORGET = 16  # seconds of probing after which there is no limit
_LOWER = 0.99  # what is left of a limit that was refused
_SELDOM = 20  # messages accepted between two refusals: the limit is right, and this one came a moment early
_BETTER = 1.05  # a probe that finds less than this is not repeated soon
_FIRST_PROBE, _LAST_PROBE = 1.0, 30.0  # seconds at the limit before probing
_BARRED = 3  # refusals in a row that mean a lower limit, where the last estimate is a few seconds old
_SLOWEST = 0.02  # messages a second


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait for a server that throttles us, in seconds."""

    first: float = 1.0  # in this time it is tried ten times; after that the pause doubles
    longest: float = 30.0


class AdaptivePace:
    """No limit until the server throttles us; then the rate that it takes."""

    def __init__(self, now: float, pauses: Pauses | None = None) -> None:
        self._pauses = pauses or Pauses()
        self._limit = math.inf  # messages a second
        self._since = now  # the beginning of the server's window, as far as we know
        self._accepted = 0  # since then
        self._steady_until = now  # when probing begins
        self._patience = _FIRST_PROBE
        self._next = now  # when the next message may go
        self._refused: _Refusal | None = None  # while paused
        self._suspects = 0  # temporary refusals in a row
        self.era = 0
        """Changes with each throttling. A claim belongs to the era in which it was made."""
        self.throttles = 0
        """How often the server has throttled us since it accepted a message; the first ten tries count as one."""

    @property
    def limit(self) -> float:
        """Messages a second that the server takes, as far as we know; infinite without a limit."""
        return self._limit

    def rate(self, now: float) -> float:
        """Messages a second at this moment, when not paused."""
        probing = now - self._steady_until
        if probing <= 0:
            return self._limit
        return math.inf if probing >= _FORGET else self._limit * (1 + _PROBE * (2**probing - 1))

    # --- Asking ---

    def ready(self, most: int, now: float) -> int:
        """How many of `most` messages may go now. While paused it is one, and no other until it is answered."""
        if self._refused is not None:
            return 0 if self._refused.trying or now < self._next else min(1, most)
        rate = self.rate(now)
        if math.isinf(rate):
            self._limit, self._patience = rate, _FIRST_PROBE
            return most
        begun = max(self._next, now - _LAG)
        return min(most, int((now - begun) * rate) + 1) if begun <= now else 0

    def began(self, number: int, now: float) -> None:
        """So many messages are under way."""
        if self._refused is not None:
            self._refused.trying = self._refused.trying or number > 0
        elif not math.isinf(self._limit):
            self._next = max(self._next, now - _LAG) + number / self.rate(now)

    def wait(self, now: float) -> float:
        """Seconds until a message may go, if nothing happens before."""
        if self._refused is not None and self._refused.trying:
            return math.inf
        return max(0.0, self._next - now) if self._refused is not None or not math.isinf(self._limit) else 0.0

    # --- Learning ---

    def answered(self) -> None:
        """A message was answered, whatever the reply."""
        if self._refused is not None:
            self._refused.trying = False

    def accepted(self, now: float, era: int) -> None:
        self._suspects = self.throttles = 0
        if self._refused is not None and era == self.era:
            self._go_on(now, self._refused)
        self._accepted += 1

    def suspect(self, now: float, era: int) -> bool:
        """A temporary refusal that does not say why: return whether it means throttling, after several in a row."""
        self._suspects += 1
        if self._suspects < SEVERAL:
            return False
        self.throttled(now, era)
        return True

    def throttled(self, now: float, era: int) -> None:
        if era < self.era:
            return
        self.era += 1
        refused = self._refused = self._refused or _Refusal(now, self.rate(now), self.rate(now - 1))
        refused.times += 1
        if now - refused.at < 1.2 * self._pauses.first:
            self.throttles = max(self.throttles, 1)
            pause = self._pauses.first / 10
        else:
            self.throttles += 1
            pause = self._pauses.first * 2.0 ** min(30, refused.long_pauses)
            refused.long_pauses += 1
        self._next = now + min(self._pauses.longest, pause)

    def _go_on(self, now: float, refused: _Refusal) -> None:
        """The server accepts messages again: correct the limit."""
        measured = self._accepted / max(now - self._since, 0.001)
        before = self._limit
        if math.isinf(refused.rate):
            self._limit = measured or 1.0
        elif refused.rate > before:
            self._limit = max(before, refused.safe_rate)
        elif self._accepted < _SELDOM:
            self._limit = before * _LOWER
        if not math.isinf(refused.rate):
            if self._limit < before * _BETTER:
                self._patience = min(_LAST_PROBE, self._patience * 2)
            if refused.times >= _BARRED and now - refused.at > 0.3 * self._pauses.first:
                self._limit = min(self._limit, max(measured, _SLOWEST))
        self._refused = None
        self._since, self._accepted = now, 0
        self._steady_until = now + self._patience
        self._next = now + 1 / self._limit


@dataclass(slots=True)
class _Refusal:
    """The server throttles us since a moment."""

    at: float
    rate: float  # then
    safe_rate: float  # a second before
    times: int = 0
    long_pauses: int = 0
    trying: bool = False  # one message is under way, to see whether it accepts any
