"""The mail as one subscriber gets it: with their themes, in their language, to their name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.errors import UsageError
from digest.mail.message.message_template import personal
from digest.model import EditionMail, Frequency, SubscriberStatus
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition, sample_addressing
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import approvals, subscribers
from digest.store.subscribers import StoredSubscriber
from digest.subscribers.email_addresses import BadAddress, parse_address
from digest.week import Week
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class ForSubscriber:
    """The mail for one subscriber, with its slots still empty, and what it was made with."""

    subscriber: StoredSubscriber
    renderer: EditionRenderer
    rendered: EditionMail
    tag: str  # of its language
    why: str  # "Comms, Civic tech; in Welsh"


@dataclass(frozen=True, slots=True)
class SubscriberMail:
    """What one subscriber gets, and why it looks so."""

    mail: EditionMail
    tag: str
    why: str
    email: str


def number_of(context: Context, email: str) -> int:
    """Return the number of the subscriber with this address. Raises UsageError if nobody has it."""
    address = parse_address(email)
    if isinstance(address, BadAddress):
        raise UsageError(f"{email[:80]!r} is no e-mail address.", "Write one, such as ada@example.org.")
    with context.store.reading() as connection:
        subscriber = subscribers.find_many(connection, [address.key]).get(address.key)
    if subscriber is None:
        raise UsageError(f"Nobody subscribed as {email}.", "Look at the spelling, or at `digest subscribers export`.")
    return subscriber.id


def number_in(text: str) -> int:
    """Return the number of a subscriber as a URL has it. Raises UsageError."""
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise UsageError("That names no subscriber.", "Write the address into the box “As subscriber”.")
    return int(text)


def as_subscriber(context: Context, week: Week, number: int) -> SubscriberMail:
    """Return the edition as the subscriber with this number gets it. Its links belong to nobody. Raises UsageError."""
    made = for_subscriber(context, week, number)
    row, edition = load_edition(context, week)
    date = row.started_at or row.send_at or row.composed_at or edition.ends
    addressing = sample_addressing(context.settings, week, date, made.subscriber.email, made.subscriber.name)
    return SubscriberMail(personal(made.rendered, addressing), made.tag, made.why, made.subscriber.email)


def for_subscriber(context: Context, week: Week, number: int) -> ForSubscriber:
    """Return the mail with a subscriber's themes, in their language.

    Raises UsageError if there is no such subscriber, or if they get nothing of this edition.
    """
    _, edition = load_edition(context, week)
    with context.store.reading() as connection:
        subscriber = subscribers.find(connection, number)
        is_suppressed = subscriber is not None and bool(subscribers.suppressed(connection, [subscriber.hash]))
        sent_mail = approvals.sent_mail(connection, week)
    if subscriber is None:
        raise UsageError("There is no such subscriber any more.", "Write the address again.")
    email = subscriber.email
    if is_suppressed or subscriber.status_at(context.clock()) is not SubscriberStatus.ACTIVE:
        state = "suppressed" if is_suppressed else subscriber.status.value
        raise UsageError(f"{email} gets no mail: {state}.", "The subscriber's history says why.")
    monthly = subscriber.frequency is Frequency.MONTHLY
    if monthly and edition.month is None:
        raise UsageError(f"{email} gets nothing this week, but once a month.", "This is as it should be.")
    sections = edition.month.sections if monthly and edition.month else edition.sections
    titles = {section.theme: section.title for section in sections}
    themes = [title for theme, title in titles.items() if theme in subscriber.themes]
    if subscriber.themes and not themes:
        raise UsageError(f"{email} gets nothing this week: no post is of a chosen theme.", "This is as it should be.")
    renderer = EditionRenderer(context.settings, edition, sent_mail)
    tag = renderer.catalogue.resolve(subscriber.language)
    rendered = renderer.mail(frozenset(subscriber.themes) or None, subscriber.language, monthly=monthly)
    why = f"{', '.join(themes) or 'all themes'}; {'monthly; ' if monthly else ''}in {name_of(tag)}"
    return ForSubscriber(subscriber, renderer, rendered, tag, why)
