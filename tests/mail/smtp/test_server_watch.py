"""What replies mean for a run: without a server, for it only counts."""

from __future__ import annotations

from digest.mail.smtp.adaptive_pace import Pauses
from digest.mail.smtp.classify_reply import NotSent, Replied, Stage
from digest.mail.smtp.rate_limit import Patience
from digest.mail.smtp.server_watch import ServerWatch
from digest.model import Reply


def test_a_subscriber_who_alone_is_throttled_is_deferred() -> None:
    patience = Patience(retries=3, pauses=Pauses(first=0.01, longest=0.01))
    watch = ServerWatch(patience, 1, 0.0)
    reply = Replied(Stage.RECIPIENT, Reply(450, "4.7.0", "too many messages"))
    verdicts = []
    for number in range(5):
        verdicts.append(watch.is_throttled(7, reply, watch.pace.era, float(number)))
        watch.accepted(watch.pace.era, number + 0.5)
    assert verdicts == [True, True, True, False, False]
    watch = ServerWatch(patience, 1, 0.0)
    assert all(watch.is_throttled(7, reply, watch.pace.era, number / 10) for number in range(50)), "nobody is accepted"


def test_a_connection_too_many_waits_and_slows_nothing() -> None:
    watch = ServerWatch(Patience(), 4, 0.0)
    too_many = NotSent("421", Reply(421, text="Too many connections"), connecting=True)
    assert watch.not_sent(too_many, 0, 1.0, others=True) == Patience().longest_wait / 2
    assert watch.pace.ready(4, 1.0) == 4
    assert watch.not_sent(too_many, 0, 1.0, others=False) == 0.0
    assert watch.pace.ready(4, 1.0) == 0
