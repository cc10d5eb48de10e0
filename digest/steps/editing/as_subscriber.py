"""The mail as one subscriber gets it: with their themes, in their language, to their name."""

from __future__ import annotations

from dataclasses import dataclass

from digest.errors import UsageError
from digest.mail.message.message_template import personal
from digest.model import EditionMail, SubscriberStatus
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition, sample_addressing
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import approvals, subscribers
from digest.subscribers.email_addresses import BadAddress, parse_address
from digest.week import Week
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class SubscriberMail:
    """What one subscriber gets, and why it looks so."""

    mail: EditionMail
    tag: str  # of its language
    why: str  # "Comms, Civic tech; in Welsh"


def as_subscriber(context: Context, week: Week, email: str) -> SubscriberMail:
    """Return the edition as the subscriber with this address gets it. Its links belong to nobody.

    Raises UsageError if nobody has the address, or if the subscriber gets nothing of this edition.
    """
    address = parse_address(email)
    if isinstance(address, BadAddress):
        raise UsageError(f"{email!r} is no e-mail address.", "Write one, such as ada@example.org.")
    row, edition = load_edition(context, week)
    with context.store.reading() as connection:
        subscriber = subscribers.find_many(connection, [address.key]).get(address.key)
        is_suppressed = subscriber is not None and bool(subscribers.suppressed(connection, [subscriber.hash]))
        sent_mail = approvals.sent_mail(connection, week)
    if subscriber is None:
        raise UsageError(f"Nobody subscribed as {email}.", "Look at the spelling, or at `digest subscribers export`.")
    if is_suppressed or subscriber.status is not SubscriberStatus.ACTIVE:
        state = "suppressed" if is_suppressed else subscriber.status.value
        raise UsageError(f"{email} gets no mail: {state}.", "The subscriber's history says why.")
    titles = {section.theme: section.title for section in edition.sections}
    themes = [title for theme, title in titles.items() if theme in subscriber.themes]
    if subscriber.themes and not themes:
        raise UsageError(f"{email} gets nothing this week: no post is of a chosen theme.", "This is as it should be.")
    renderer = EditionRenderer(context.settings, edition, sent_mail)
    tag = renderer.catalogue.resolve(subscriber.language)
    rendered = renderer.mail(frozenset(subscriber.themes) or None, subscriber.language)
    date = row.started_at or row.send_at or row.composed_at or edition.ends
    addressing = sample_addressing(context.settings, week, date, subscriber.email, subscriber.name)
    which = ", ".join(themes) or "all themes"
    return SubscriberMail(personal(rendered, addressing), tag, f"{which}; in {name_of(tag)}")
