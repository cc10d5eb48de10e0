"""Welcome a new subscriber by mail: when the next edition comes, how to change what they get or unsubscribe."""

from __future__ import annotations

from digest.mail.message.confirmation_mails import WELCOME, WELCOME_WITH_DAY, confirmation_notice
from digest.mail.rendering.dates import weekday_and_day
from digest.model import Frequency
from digest.steps.context import Context
from digest.steps.editing.at_a_glance import Glances
from digest.steps.mail_setup import Links
from digest.steps.send_notice import send_notice_or_log
from digest.steps.subscribers.self_service import tokens_of
from digest.store import subscribers
from digest.subscribers.link_tokens import Purpose
from digest.words.translations import TranslationCatalogue


def send_welcome(context: Context, number: int, catalogue: TranslationCatalogue, glances: Glances) -> None:
    """Send the subscriber a notice that they are one. A failure of the mail server is logged."""
    with context.store.reading() as connection:
        subscriber = subscribers.find(connection, number)
    if subscriber is None:
        return
    newsletter, words = context.settings.newsletter, catalogue.translations(subscriber.language)
    # A month comes with another edition than the next one.
    next_day = None if subscriber.frequency is Frequency.MONTHLY else glances().rhythm.next_day
    notice = confirmation_notice(
        words,
        WELCOME_WITH_DAY if next_day else WELCOME,
        subscriber.email,
        title=newsletter.title,
        url=Links(context.settings).of(number).preferences,
        return_token=tokens_of(context).make(Purpose.BOUNCE, number),
        address=newsletter.from_address,
        date=weekday_and_day(next_day, words) if next_day else "",
    )
    send_notice_or_log(context, notice)
