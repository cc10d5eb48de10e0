"""The mail of an edition in each language: the newsletter's, and those that active subscribers chose."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Approval, EditionMail, Finding, Severity
from digest.steps.context import Context
from digest.steps.editing.render_edition import EditionRenderer
from digest.store import subscriber_list
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class LanguageMail:
    """The whole edition in one language."""

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
    if others and renderer.sent_mail is not None and (approval is None or renderer.fingerprint != approval.fingerprint):
        others = []
    return (
        LanguageMail(own, name_of(own), numbers[own], renderer.mail_to_show),
        *(LanguageMail(tag, name_of(tag), numbers[tag], renderer.mail(language=tag)) for tag in others),
    )


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
