"""The languages that an edition goes out in: the newsletter's, and those that active subscribers ask for."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Approval, EditionMail, Finding, Severity
from digest.steps.context import Context
from digest.steps.editing.render_edition import Letters
from digest.store import subscribers
from digest.words.language_tags import name_of


@dataclass(frozen=True, slots=True)
class Spoken:
    """The whole edition in one language."""

    tag: str  # as `lang` says it
    name: str  # in English: "Welsh"
    subscribers: int  # active ones
    rendered: EditionMail


def spoken(context: Context, letters: Letters, approval: Approval | None) -> tuple[Spoken, ...]:
    """Each language with what its subscribers get, the newsletter's own first, then the most read. Raises
    TemplateError.

    Of an edition that was sent, others than its own are known as long as rendering them again gives what was approved.
    """
    own = letters.catalogue.default
    numbers = {own: 0}
    with context.store.reading() as connection:
        for asked, number in subscribers.languages(connection).items():
            tag = letters.catalogue.resolve(asked)
            numbers[tag] = numbers.get(tag, 0) + number
    others = sorted(numbers.keys() - {own}, key=lambda tag: (-numbers[tag], tag))
    if others and letters.sent is not None and (approval is None or letters.fingerprint != approval.fingerprint):
        others = []
    return (
        Spoken(own, name_of(own), numbers[own], letters.shown),
        *(Spoken(tag, name_of(tag), numbers[tag], letters.mail(language=tag)) for tag in others),
    )


def unspoken(letters: Letters, mails: tuple[Spoken, ...]) -> tuple[Finding, ...]:
    """What is said in English instead, for want of words."""
    found = []
    asked = letters.design.language
    if asked != letters.catalogue.default:
        what = f"There is no translation into {name_of(asked)}: the mail's own text is in English."
        found.append(Finding(Severity.NOTE, "language", what, f"Write them: templates/email/words/{asked}.toml."))
    for mail in mails:
        missing = letters.catalogue.translations(mail.tag).missing_keys
        if missing:
            what = f"{mail.name} lacks {len(missing)} of the mail's phrases, such as {missing[0]}; they are in English."
            found.append(Finding(Severity.NOTE, "language", what, "Add them to its file in templates/email/words."))
    return tuple(found)
