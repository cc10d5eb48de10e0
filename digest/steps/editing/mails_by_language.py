"""The mail of an edition in each language: the newsletter's, and those that active subscribers chose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from digest.model import Approval, EditionMail, Finding, Severity
from digest.steps.context import Context
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import subscriber_list
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class LanguageMail:
    """The whole edition, or the month that goes with it, in one language."""

    tag: str  # as in HTML's `lang`
    name: str  # in English: "Welsh"
    subscribers: int  # active ones
    rendered: EditionMail


def mails_by_language(
    context: Context, renderer: EditionRenderer, approval: Approval | None
) -> tuple[LanguageMail, ...]:
    """Return the mail in each language: the newsletter's own first, then by number of subscribers.

    Of an edition that was sent, only the newsletter's language is stored. The others are left out if the templates
    have changed since the approval. Raises TemplateError.
    """
    own = renderer.catalogue.default
    numbers = {own: 0}
    with context.store.reading() as connection:
        for language, number in subscriber_list.languages(connection).items():
            tag = renderer.catalogue.resolve(language)
            numbers[tag] = numbers.get(tag, 0) + number
    others = sorted(numbers.keys() - {own}, key=lambda tag: (-numbers[tag], tag))
    if others and not can_render(renderer, approval):
        others = []
    return (
        LanguageMail(own, name_of(own), numbers[own], renderer.mail_to_show),
        *(LanguageMail(tag, name_of(tag), numbers[tag], renderer.mail(language=tag)) for tag in others),
    )


def months_by_language(
    renderer: EditionRenderer, approval: Approval | None, mails: tuple[LanguageMail, ...]
) -> tuple[LanguageMail, ...]:
    """Return the mail of monthly subscribers in the languages of `mails`; () where none goes with the edition.

    None of it is stored: of an edition that was sent, there is none if the templates have changed since.
    """
    if renderer.edition.month is None or not can_render(renderer, approval):
        return ()
    return tuple(replace(each, rendered=renderer.mail(language=each.tag, monthly=True)) for each in mails)


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
