"""What an operator does with one subscriber: add, remove, suppress, erase, see the history.

`import_csv` adds whole files; `self_service` is for subscribers themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model import (
    Bounce,
    BounceState,
    ConsentEvent,
    Delivery,
    EffectiveStatus,
    RowVerdict,
    Subscriber,
    SubscriberRow,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from digest.steps.context import Context
from digest.steps.mail_setup import hasher_of
from digest.steps.subscribers.import_csv import import_rows
from digest.steps.suppress import suppress_subscriber
from digest.store import bounces, deliveries, subscriber_list, subscribers
from digest.store.subscribers import Consent, StoredSubscriber
from digest.subscribers.consent_rules import may_be_lifted
from digest.subscribers.csv_file import CsvRow
from digest.subscribers.email_addresses import Address, BadAddress, parse_address


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`digest subscribers history`: one thing that happened to a subscriber."""

    at: str  # ISO 8601
    what: str
    how: str
    origin: str = ""
    wording: str = ""


def add(
    context: Context,
    email: str,
    *,
    name: str = "",
    themes: Sequence[str] = (),
    language: str = "",
    frequency: str = "",
    by: str = "",
    accept_doubtful: bool = False,
) -> RowVerdict:
    """Add one subscriber by hand, or change one; the same rules and verdicts as an import."""
    row = CsvRow(
        1,
        email,
        " ".join(name.split()),
        tuple(themes),
        language,
        says_themes=bool(themes),
        says_name=bool(name),
        says_language=bool(language),
        frequency=frequency,
    )
    verdicts = import_rows(context, [row], file_name="command line", by=by, accept_doubtful=accept_doubtful)
    return next(iter(list(verdicts)))


def remove(context: Context, email: str, *, by: str = "", how: str = "removed", origin: str = "") -> Subscriber:
    """Unsubscribe one subscriber: nothing is sent to them again, and no import brings them back. Raises UsageError."""
    with context.store.writing() as connection:
        subscriber = _must_find(connection, email)
        unsubscribe_subscriber(connection, context, subscriber, how=f"{how} by {by}" if by else how, origin=origin)
    return subscriber


def unsubscribe_subscriber(
    connection: Connection, context: Context, subscriber: StoredSubscriber, *, how: str, origin: str = ""
) -> bool:
    """Unsubscribe and suppress a subscriber, whichever way they asked. False if they had unsubscribed already."""
    now = context.clock()
    active = [SubscriberStatus.PENDING, SubscriberStatus.ACTIVE, SubscriberStatus.PAUSED]
    has_left = subscribers.move(connection, subscriber.id, active, SubscriberStatus.LEFT)
    suppress_subscriber(connection, context, subscriber, Suppression(SuppressionReason.UNSUBSCRIBED))
    if has_left:
        subscribers.add_consent(connection, [Consent(subscriber.hash, now, ConsentEvent.UNSUBSCRIBED, how, origin)])
    return has_left


def suppress(
    context: Context,
    email: str,
    *,
    reason: SuppressionReason = SuppressionReason.OPERATOR,
    detail: str = "",
    by: str = "",
) -> None:
    """Never send to this address again, whether it is a subscriber's or not.

    `detail` is the operator's reason. Raises UsageError for an invalid address.
    """
    address = _must_parse(email)
    hashes = hasher_of(context.settings).hashes(address.key)
    now = context.clock()
    with context.store.writing() as connection:
        subscriber = subscribers.find_by_key(connection, address.key)
        current_hash = subscriber.hash if subscriber else hashes[0]
        before = subscribers.suppressed(connection, [current_hash, *hashes])
        # This suppression replaces those that the subscriber could lift, and remembers that they wanted it.
        subscribers.unsuppress(connection, [one for one, why in before.items() if may_be_lifted(why)])
        suppression = Suppression(reason, detail, subscribers.final_reason(before.values()))
        subscribers.suppress(connection, [current_hash, *hashes], suppression, at=now)
        how = f"command line by {by}" if by else "command line"
        subscribers.add_consent(
            connection, [Consent(current_hash, now, ConsentEvent.SUPPRESSED, how, wording=str(suppression))]
        )


def erase(context: Context, email: str, *, by: str = "", how: str = "") -> bool:
    """Erase a subscriber: row, name, themes, addresses in deliveries. The suppression (a hash) stays, so that no
    import brings them back. Return whether there was such a subscriber. Raises UsageError for an invalid address."""
    address = _must_parse(email)
    with context.store.writing() as connection:
        subscriber = subscribers.find_by_key(connection, address.key)
        if subscriber is None:
            hashes = hasher_of(context.settings).hashes(address.key)
            subscribers.suppress(connection, hashes, Suppression(SuppressionReason.ERASED), at=context.clock())
            return False
        erase_subscriber(
            connection, context, subscriber, how=how or (f"command line by {by}" if by else "command line")
        )
    return True


def erase_subscriber(
    connection: Connection, context: Context, subscriber: StoredSubscriber, *, how: str, origin: str = ""
) -> None:
    now = context.clock()
    suppress_subscriber(connection, context, subscriber, Suppression(SuppressionReason.ERASED))
    deliveries.forget_subscriber(connection, subscriber.id, now=now)
    subscribers.erase(connection, subscriber.id)
    subscribers.add_consent(connection, [Consent(subscriber.hash, now, ConsentEvent.ERASED, how, origin)])


def history(context: Context, email: str) -> list[HistoryLine]:
    """Return all that happened to an address: consent, changes, deliveries, bounces; oldest first."""
    address = _must_parse(email)
    hasher = hasher_of(context.settings)
    with context.store.reading() as connection:
        subscriber = subscribers.find_by_key(connection, address.key)
        hashes = dict.fromkeys([*hasher.hashes(address.key), *([subscriber.hash] if subscriber else [])])
        lines = [_history_line(one) for one in _consent_lines(connection, list(hashes))]
        if subscriber is not None:
            lines += [_delivery_line(one) for one in deliveries.stream(connection, subscriber=subscriber.id)]
            lines += [_bounce_line(one) for one in bounces.of_subscriber(connection, subscriber.id) if _is_open(one)]
    return sorted(lines, key=lambda line: line.at)


def _consent_lines(connection: Connection, hashes: list[str]) -> list[Consent]:
    """Return the lines under these hashes, and under the hashes of earlier addresses up to each change of address."""
    history: list[Consent] = []
    todo: list[tuple[list[str], datetime | None]] = [(hashes, None)]
    while todo:
        hash_group, until = todo.pop()
        # Later lines of the former address belong to somebody else, or to another subscription.
        lines = [line for line in subscribers.history(connection, hash_group) if until is None or line.at <= until]
        lines = [line for line in lines if line not in history]
        history = [*lines, *history]
        todo += [(former, line.at) for line in lines if (former := _former(line))]
    return sorted(history, key=lambda line: line.at)


def _former(line: Consent) -> list[str]:
    return line.detail.split() if line.what is ConsentEvent.CHANGED_TO else []


def _history_line(line: Consent) -> HistoryLine:
    # The detail of a change of address has hashes of the old one: they are not shown.
    what = f"{line.what} {line.detail}" if line.what is ConsentEvent.CHANGED else line.what.value
    return HistoryLine(line.at.isoformat(), what, line.how, line.origin, line.wording)


def _is_open(one: Bounce) -> bool:
    """Whether a bounce does not count, or not yet. Of the others, the lines of consent tell."""
    return one.state in (BounceState.ON_HOLD, BounceState.DISMISSED)


def _bounce_line(one: Bounce) -> HistoryLine:
    return HistoryLine(one.at.isoformat(), f"bounce {one.state.value}", one.detail or one.code, one.batch)


def _delivery_line(one: Delivery) -> HistoryLine:
    reply = ""
    if one.reply is not None:
        parts = (str(one.reply.code or ""), one.reply.enhanced, one.reply.text)
        reply = " ".join(part for part in parts if part)
    at = one.updated_at.isoformat() if one.updated_at else ""
    return HistoryLine(at, f"edition {one.mailing}: {one.state.value}", reply)


def everyone(context: Context, status: EffectiveStatus | None = None) -> Iterator[SubscriberRow]:
    """Yield every subscriber; memory stays flat."""
    with context.store.reading() as connection:
        yield from subscriber_list.stream(connection, status, now=context.clock())


def counts(context: Context) -> dict[EffectiveStatus, int]:
    with context.store.reading() as connection:
        return subscriber_list.counts(connection, context.clock())


def _must_parse(email: str) -> Address:
    address = parse_address(email)
    if isinstance(address, BadAddress):
        raise UsageError(f"{email!r} is not an address: {address.reason}", "Write it as name@example.org.")
    return address


def _must_find(connection: Connection, email: str) -> StoredSubscriber:
    subscriber = subscribers.find_by_key(connection, _must_parse(email).key)
    if subscriber is None:
        raise UsageError(f"No subscriber has the address {email}.", "See `digest subscribers export`.")
    return subscriber
