"""Whose mail came back: by a token or Message-ID of ours in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.mail.returned.parse_bounce import Kind, ReturnedMail
from digest.model import Mailing
from digest.store import deliveries, subscribers
from digest.store.subscribers import StoredSubscriber
from digest.subscribers.link_tokens import Purpose, Tokens

_MESSAGE_ID = re.compile(r"<(\d{4})\.w(\d\d)(?:\.(\d{1,6}))?\.[0-9a-f]{32}@[^<>\s]+>")
_MOST_LOOKED_UP = 5  # Message-IDs of one mail: each costs a look at all deliveries of a mailing


@dataclass(frozen=True, slots=True)
class MatchedMail:
    """A returned mail and its subscriber."""

    mail: ReturnedMail  # as far as it is about the subscriber
    subscriber: StoredSubscriber | None = None
    message_id: str = ""  # of the message that was sent to the subscriber; "" where the mail does not say


def match_returned_mail(connection: Connection, tokens: Tokens, mail: ReturnedMail) -> MatchedMail:
    """Find the subscriber whose token or Message-ID the mail carries, where the mail asks for anything to be done."""
    if mail.kind in (Kind.AUTOMATIC, Kind.OTHER, Kind.DELAYED):
        return MatchedMail(mail)
    subscriber = _by_token(connection, tokens, mail) or _by_message_id(connection, mail)
    if subscriber is None:
        return MatchedMail(mail)
    own = {one.message_id for one in deliveries.stream(connection, subscriber=subscriber.id)}
    message_id = next((one for one in mail.message_ids if one in own), "")
    return MatchedMail(mail.about(subscriber.email), subscriber, message_id)


def _by_token(connection: Connection, tokens: Tokens, mail: ReturnedMail) -> StoredSubscriber | None:
    """A request to unsubscribe needs the token for it: other servers see the one in our return path."""
    purposes = (Purpose.UNSUBSCRIBE,) if mail.kind is Kind.UNSUBSCRIBE else (Purpose.BOUNCE, Purpose.UNSUBSCRIBE)
    for token in mail.tokens:
        for purpose in purposes:
            number = tokens.read(purpose, token)
            subscriber = None if number is None else subscribers.find(connection, number)
            if subscriber is not None:
                return subscriber
    return None


def _by_message_id(connection: Connection, mail: ReturnedMail) -> StoredSubscriber | None:
    own = [one for one in mail.message_ids if _MESSAGE_ID.fullmatch(one)]
    for message_id in own[:_MOST_LOOKED_UP]:
        mailing = _mailing_of(message_id)
        number = None if mailing is None else deliveries.subscriber_of(connection, mailing, message_id)
        subscriber = None if number is None else subscribers.find(connection, number)
        if subscriber is not None:
            return subscriber
    return None


def _mailing_of(message_id: str) -> Mailing | None:
    match = _MESSAGE_ID.fullmatch(message_id)
    if match is None:
        return None
    year, week, correction = match.groups()
    try:
        return Mailing.parse(f"{year}-W{week}" + (f"+{correction}" if correction else ""))
    except UsageError:
        return None
