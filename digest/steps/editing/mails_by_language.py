"""The mail of an edition in each language: the newsletter's, and those that active subscribers chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.model import Approval, Edition, EditionMail, Finding, Severity
from digest.steps.context import Context
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import recipients, subscriber_list
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class LanguageMail:
    """The whole edition, or the month that goes with it, in one language."""

    tag: str  # as in HTML's `lang`
    name: str  # in English: "Welsh"
    subscribers: int  # active ones; of the month, those who get it
    rendered: EditionMail


def mails_by_language(
    context: Context, renderer: EditionRenderer, approval: Approval | None
) -> tuple[LanguageMail, ...]:
    """Return the mail in each language: the newsletter's own first, then by number of subscribers.

    Of an edition that was sent, only the newsletter's language is stored. The others are left out if the templates
    have changed since the approval. Raises TemplateError.
    """
    own = renderer.catalogue.default
    with context.store.reading() as connection:
        numbers = _by_tag(renderer, subscriber_list.languages(connection, context.clock()))
    others = sorted(numbers.keys() - {own}, key=lambda tag: (-numbers[tag], tag))
    if others and not can_render(renderer, approval):
        others = []
    return (
        LanguageMail(own, name_of(own), numbers[own], renderer.mail_to_show),
        *(LanguageMail(tag, name_of(tag), numbers[tag], renderer.mail(language=tag)) for tag in others),
    )


def months_by_language(
    context: Context, renderer: EditionRenderer, approval: Approval | None, mails: tuple[LanguageMail, ...]
) -> tuple[LanguageMail, ...]:
    """Return the mail of monthly subscribers in the languages of `mails`; () where none goes with the edition.

    Nobody may get it: then an editor can look at it all the same.

    None of it is stored: of an edition that was sent, there is none if the templates have changed since.
    """
    if renderer.edition.month is None or not can_render(renderer, approval):
        return ()
    with context.store.reading() as connection:
        numbers = _by_tag(renderer, recipients.monthly_languages(connection, now=context.clock()))
    return tuple(
        LanguageMail(each.tag, each.name, numbers.get(each.tag, 0), renderer.mail(language=each.tag, monthly=True))
        for each in mails
    )


def is_month_read(context: Context, edition: Edition) -> bool:
    """Whether a month goes with the edition, and somebody gets it."""
    if edition.month is None:
        return False
    with context.store.reading() as connection:
        return bool(recipients.monthly_languages(connection, now=context.clock()))


def _by_tag(renderer: EditionRenderer, numbers: Mapping[str, int]) -> dict[str, int]:
    """Add up numbers of subscribers by the language of the mail that they get: the newsletter's own is among them."""
    by_tag = {renderer.catalogue.default: 0}
    for language, number in numbers.items():
        tag = renderer.catalogue.resolve(language)
        by_tag[tag] = by_tag.get(tag, 0) + number
    return by_tag


def can_render(renderer: EditionRenderer, approval: Approval | None) -> bool:
    """Whether rendering the edition now gives what subscribers got, if it was sent."""
    return renderer.sent_mail is None or (approval is not None and renderer.fingerprint == approval.fingerprint)


def missing_phrases(renderer: EditionRenderer, mails: tuple[LanguageMail, ...]) -> tuple[Finding, ...]:
    """Return a finding for each language that lacks phrases; English ones stand in for them."""
    findings = []
    language = renderer.design.language
    if language != renderer.catalogue.default:
        what = f"There is no translation into {name_of(language)}: the mail's own phrases are in English."
        findings.append(Finding(Severity.NOTE, "language", what, f"Write templates/email/words/{language}.toml."))
    for mail in mails:
        missing = renderer.catalogue.translations(mail.tag).missing_keys
        if missing:
            what = f"{mail.name} lacks {len(missing)} of the mail's phrases, such as {missing[0]}; they are in English."
            findings.append(Finding(Severity.NOTE, "language", what, "Add them to its file in templates/email/words."))
    return tuple(findings)
