"""Record bounces: what came back as mail, and what the mail server rejected while an edition was sent.

Recording suppresses nobody; `digest.steps.bounces.settle` does, and looks at all bounces of a mailing together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.log import without_addresses
from digest.mail.smtp.classify_reply import describe
from digest.mail.smtp.verdict import Cause, Verdict, classify
from digest.model import Bounce, BounceState, Delivery, DeliveryState, Mailing
from digest.model.bounce import mailing_of_batch
from digest.steps.context import Context
from digest.store import bounces, deliveries
from digest.store.bounces import NewBounce
from digest.subscribers.bounce_brake import is_about_us
from digest.week import Week

_ABOUT_ADDRESS = (Cause.MAILBOX, Cause.DOMAIN, Cause.DISABLED, Cause.FULL)
"""What a rejection in the conversation may say against an address. Any other is about us, or about the message."""
_CLOCKS = timedelta(minutes=1)
"""How far clocks may differ: reports give whole seconds, and a bounce may come back in the second of the delivery."""


@dataclass(frozen=True, slots=True)
class ReturnedBounce:
    """What a delivery report or a provider's webhook says."""

    verdict: Verdict
    detail: str = ""  # what the server said, without addresses
    message_id: str = ""  # of our message; "" where the report does not say
    arrived: datetime | None = None


def record_returned(connection: Connection, context: Context, subscriber: int, report: ReturnedBounce) -> bool:
    """Record a bounce that came back as mail. False if it changes nothing: it was recorded before."""
    arrived = report.arrived or context.clock()
    attempts = [one for one in deliveries.stream(connection, subscriber=subscriber) if one.state is DeliveryState.SENT]
    mailing = next(
        (one.mailing for one in attempts if report.message_id and one.message_id == report.message_id),
        _last_before(attempts, report.arrived).mailing if attempts else None,
    )
    batch = str(mailing) if mailing else arrived.date().isoformat()
    return bounces.add(connection, _bounce(subscriber, batch, report.verdict, report.detail, arrived, returned=True))


def _bounce(subscriber: int, batch: str, verdict: Verdict, detail: str, at: datetime, *, returned: bool) -> NewBounce:
    return NewBounce(subscriber, batch, verdict.hard, returned, verdict.cause.value, verdict.enhanced, detail, at)


def _last_before(attempts: list[Delivery], arrived: datetime | None) -> Delivery:
    """Return the delivery that a report without a Message-ID is about: the last one before the report arrived.

    The newest delivery would be wrong: a report that is read late must not count for an edition sent after it arrived.
    """
    if arrived is None:
        return attempts[-1]
    before = [one for one in attempts if one.updated_at and one.updated_at <= arrived + _CLOCKS]
    return before[-1] if before else attempts[0]


def record_rejections(connection: Connection, mailing: Mailing) -> int:
    """Record the failed deliveries of a mailing that say something about the address. Return how many are new.

    They are read from the ledger, so each counts once however often a run is killed and started again.
    """
    number = 0
    for one in deliveries.failed_without_bounce(connection, mailing):
        if one.reply is None or one.updated_at is None:
            continue
        verdict = classify(one.reply.code, one.reply.enhanced, one.reply.text)
        if verdict.cause in _ABOUT_ADDRESS:
            detail = without_addresses(describe(one.reply))
            rejection = _bounce(one.subscriber, str(mailing), verdict, detail, one.updated_at, returned=False)
            number += bounces.add(connection, rejection)
    return number


def in_a_row(connection: Connection, subscriber: int) -> tuple[int, int]:
    """Return how many of the newest weeks in a row bounced, and how many of them hard.

    A week in which nothing was tried, or failed for reasons that are not the subscriber's, neither counts nor breaks
    the row.
    """
    arrived = {
        one.mailing.week
        for one in deliveries.stream(connection, subscriber=subscriber)
        if one.state is DeliveryState.SENT
    }
    soft: set[Week] = set()
    hard: set[Week] = set()
    for bounce in bounces.of_subscriber(connection, subscriber):
        mailing = mailing_of_batch(bounce.batch)
        if mailing is None or not _counts(bounce) or (mailing.week in arrived and not bounce.returned):
            continue  # also a rejection after which another try succeeded
        soft.add(mailing.week)
        if bounce.hard:
            hard.add(mailing.week)
    newest_first = sorted(soft | arrived, reverse=True)
    return _leading(newest_first, soft), _leading(newest_first, hard)


def _leading(weeks: list[Week], bounced: set[Week]) -> int:
    return next((place for place, week in enumerate(weeks) if week not in bounced), len(weeks))


def _counts(bounce: Bounce) -> bool:
    """Whether a bounce says something about the address. What is on hold and about us does not."""
    if bounce.state is BounceState.ON_HOLD and not bounce.hard:
        return not is_about_us(bounce.cause)
    return bounce.state is not BounceState.DISMISSED
