"""What the mail server's replies mean for the whole run: go on, slow down, or stop. Decides; sends and stores nothing.

Failures, rejections and lost replies are counted since the server last accepted a message, so that a run ends after a
known number of tries, whatever the server says in between.
"""

from __future__ import annotations

import logging
import math

from digest.mail.smtp.adaptive_pace import AdaptivePace
from digest.mail.smtp.classify_reply import (
    SMALLER,
    NoReply,
    NotSent,
    Replied,
    Stage,
    describe,
    is_too_big,
    may_be_about_sender,
)
from digest.mail.smtp.rate_limit import Patience
from digest.mail.smtp.throttling import Throttling, throttling
from digest.model import Reply

LOG = logging.getLogger(__name__)


class ServerWatch:
    """Counts over all workers of one run. `pace` says how fast to send."""

    def __init__(self, patience: Patience, workers: int, now: float) -> None:
        self.pace = AdaptivePace(now, patience.pauses)
        self.stopped = ""
        """Why the run stops; "" while it goes on."""
        self.remedy = ""
        self.rejected = 0
        """Subscribers whose rejections made the run stop."""
        self._patience = patience
        self._workers = workers
        self._failures = 0  # in a row
        self._rejections = 0  # that may be about the sender, nobody accepted in between
        self._losses = 0  # messages without a reply, nobody accepted in between
        self._accepted = 0
        self._throttled: dict[int, tuple[int, int]] = {}  # how often, and how many were accepted by then; by delivery
        self._slow = False  # it has been said in the log

    @property
    def wants_new_connections(self) -> bool:
        """Whether to try over a new connection: the server goes on throttling, and some count for each connection."""
        return self.pace.throttles > 1

    def not_sent(self, outcome: NotSent, era: int, now: float, *, others: bool) -> float:
        """The server cannot have the message. Return how many seconds its worker waits.

        `others` says whether other workers are busy or hold a connection: then a server that accepts no further
        connection has enough of them, and this one waits.
        """
        throttled = outcome.reply is not None and throttling(outcome.reply, Stage.OPENING) is Throttling.YES
        if outcome.reply is None or not throttled or outcome.fatal:
            self._failures += 1
            if outcome.fatal or self._failures >= self._patience.tries:
                self._stop(outcome.reason, outcome.remedy)
            return self._patience.wait(self._failures)
        if outcome.connecting and others:
            return self._patience.longest_wait / 2
        self.pace.throttled(now, era)
        self._slow_down(outcome.reply)
        return 0.0

    def is_throttled(self, delivery: int, replied: Replied, era: int, now: float) -> bool:
        """Slow down if the server throttles us. Return whether to queue the delivery again, for the reply is not about
        the subscriber.

        One who is refused many times without a reason, or between others who are accepted, is deferred like any other.
        """
        sign = throttling(replied.reply, replied.stage)
        if sign is Throttling.NO:
            return False
        if sign is Throttling.PERHAPS and not self.pace.suspect(now, era):
            return False
        if sign is not Throttling.PERHAPS:
            self.pace.throttled(now, era)
        self._slow_down(replied.reply)
        times, accepted = self._throttled.get(delivery, (0, -1))
        if sign is not Throttling.YES or accepted != self._accepted:
            times += 1
        self._throttled[delivery] = times, self._accepted
        return times <= self._patience.retries

    def accepted(self, era: int, now: float) -> None:
        self.pace.accepted(now, era)
        self._accepted += 1
        self._failures = self._rejections = self._losses = 0
        if self._slow and self.pace.throttles == 0 and not math.isinf(self.pace.limit):
            self._slow = False
            LOG.info("The mail server accepts about %.3g messages a second.", self.pace.limit)

    def refused(self, reply: Reply, *, failed: bool) -> None:
        """A subscriber was refused: the server is there. Stop after many rejections that may be the sender's fault, for
        each further one would fail a delivery in vain."""
        self._failures = 0
        if not failed or not may_be_about_sender(reply):
            return
        self._rejections += 1
        if self._rejections >= self._patience.rejections:
            self.rejected = self._rejections  # also those that were under way when the run stopped
            self._stop(
                f"the server rejected the last {self._rejections} messages for reasons that do not look specific to the"
                f" recipients: {describe(reply)}",
                SMALLER if is_too_big(reply) else "",
            )

    def lost(self, outcome: NoReply) -> None:
        """No reply came. A crash of the server costs each connection one reply. After a second one the run stops, for
        each further message would be uncertain as well."""
        self._losses += 1
        if self._losses > self._workers:
            self._stop(f"the mail server sent no reply after {self._losses} complete messages: {outcome.reason}")

    def _slow_down(self, reply: Reply) -> None:
        """Say so, and stop where the server keeps throttling and accepts nothing."""
        times = self.pace.throttles
        if not self._slow and math.isinf(self.pace.limit):
            self._slow = True
            LOG.info("The mail server throttles us: sending more slowly.")
        if times >= self._patience.throttles:
            self._stop(f"the mail server throttled us {times} times in a row and accepted nothing: {describe(reply)}")

    def _stop(self, why: str, remedy: str = "") -> None:
        """The first reason is the one that is reported."""
        if not self.stopped:
            self.stopped, self.remedy = why, remedy
