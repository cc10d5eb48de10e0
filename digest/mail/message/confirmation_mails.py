"""What the confirmation mails to a subscriber say, in that subscriber's language. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from digest.mail.message.notice import Notice
from digest.words.translations import Translations

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class ConfirmationMail:
    """Keys of the phrases (`templates/email/words/`) that one kind of confirmation mail is made of."""

    subject: str
    opening: tuple[str, ...]
    request: str  # before the link
    closing: tuple[str, ...] = ()  # after the link


CONFIRM_SUBSCRIPTION = ConfirmationMail(
    "note_confirm_subject", ("note_asked",), "note_confirm", ("note_within", "note_not_you")
)
"""To who asked for the newsletter, or for whom somebody did."""

CONFIRM_RESUMING = ConfirmationMail(
    "note_confirm_subject", ("note_asked", "note_paused"), "note_confirm", ("note_within", "note_not_you")
)
"""To who asked for what they have paused."""

ALREADY_SUBSCRIBED = ConfirmationMail("note_already_subject", ("note_asked", "note_already"), "note_choose")
"""To who asked for what they get already. The link is that of their preferences."""

_WITHIN = ("note_within", "note_move_not_you")
CONFIRM_MOVE = ConfirmationMail("note_change_subject", ("note_change",), "note_confirm", _WITHIN)
CONFIRM_EXPORT = ConfirmationMail("note_data_subject", ("note_data",), "note_confirm", _WITHIN)
CONFIRM_ERASURE = ConfirmationMail("note_erase_subject", ("note_erase",), "note_confirm", _WITHIN)
"""To the present address of a subscriber: the link that was used before may have come from a forwarded mail."""

CONFIRM_ADDRESS = ConfirmationMail("note_move_subject", ("note_move",), "note_confirm", ("note_move_not_you",))
"""To the new address of a subscriber."""


def confirmation_notice(
    words: Translations,
    mail: ConfirmationMail,
    to: str,
    *,
    title: str,
    url: str,
    return_token: str,
    days: int = 0,
    address: str = "",
) -> Notice:
    """Return the notice to the address `to`. `days` is how long `url` works, where the mail says so, and `address` the
    one to move to; `return_token` is what a bounce of it is known by."""
    values = {"title": _isolated(words, title), "address": _isolated(words, address)}

    def paragraph(*keys: str) -> str:
        return " ".join(words.text(key, count=days, **values) for key in keys)

    paragraphs = [words.text("greeting", name=""), paragraph(*mail.opening), paragraph(mail.request), url]
    if mail.closing:
        paragraphs.append(paragraph(*mail.closing))
    text = "\n\n".join([*paragraphs, title])
    return Notice(
        to, words.text(mail.subject, title=title), f"{text}\n", language=words.language, return_token=return_token
    )


def _isolated(words: Translations, title: str) -> str:
    """A title in the midst of words that run from right to left takes none of the signs around it along."""
    return f"{_ISOLATE}{title}{_END_OF_ISOLATE}" if words.direction == "rtl" else title
