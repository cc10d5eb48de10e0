"""What the mails say that ask to confirm, or tell of a subscription, in the subscriber's language. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from markupsafe import Markup

from digest.escape import escape
from digest.mail.message.notice import Notice
from digest.mail.rendering.notice_html import NoticePage
from digest.words.translations import Translations

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class ConfirmationMail:
    """Keys of the phrases (`templates/pages/words/`) that one kind of these mails is made of."""

    subject: str  # the heading as well
    opening: tuple[str, ...]
    request: str  # on the button
    closing: tuple[str, ...] = ()  # after the button


_NOT_YOU = ("note_not_you",)
_WITHIN = ("note_within", *_NOT_YOU)
CONFIRM_SUBSCRIPTION = ConfirmationMail("note_confirm_subject", (), "note_confirm_button", _WITHIN)
"""To who asked for the newsletter, or for whom somebody did."""

CONFIRM_RESUMING = ConfirmationMail("note_confirm_subject", ("note_paused",), "note_confirm_button", _WITHIN)
"""To who asked for what they have paused."""

ALREADY_SUBSCRIBED = ConfirmationMail(
    "note_already_subject", ("note_already",), "note_choose_button", ("note_not_you",)
)
"""To who asked for what they get already. The link is that of their preferences."""

_CHANGE_OR_LEAVE = ("confirmed_foot", "note_welcome_contacts")
WELCOME = ConfirmationMail("note_welcome_subject", ("confirmed_next",), "confirmed_choose", _CHANGE_OR_LEAVE)
WELCOME_WITH_DAY = replace(WELCOME, opening=("confirmed_next_on",))
"""To a new subscriber. The link is that of their preferences."""

OWN_LINK = ConfirmationMail("note_link_subject", ("note_link",), "note_choose_button", _NOT_YOU)
"""To a subscriber for whom somebody typed the address."""

CONFIRM_MOVE = ConfirmationMail("note_change_subject", ("note_change",), "note_change_confirm", _WITHIN)
CONFIRM_EXPORT = ConfirmationMail("note_data_subject", ("note_data",), "note_data_confirm", _WITHIN)
CONFIRM_ERASURE = ConfirmationMail("note_erase_subject", ("note_erase",), "note_erase_confirm", _WITHIN)
"""To the present address of a subscriber: the link that was used before may have come from a forwarded mail."""

CONFIRM_ADDRESS = ConfirmationMail("note_move_subject", ("note_move",), "note_move_confirm", _NOT_YOU)
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
    date: str = "",
) -> Notice:
    """Return the notice to the address `to`. `days` is how long `url` works, where the mail says so, `address` the one
    to move to, or that of the newsletter, and `date` the day of the next edition; `return_token` is what a bounce of it
    is known by."""
    names = {"title": title, "address": address}
    plain_values = {key: _isolated(words, name) for key, name in names.items()}
    html_values = {key: Markup('<span dir="auto">{}</span>').format(escape(name)) for key, name in names.items()}

    def text(key: str) -> str:
        return words.text(key, count=days, date=date, **plain_values)

    def html(key: str) -> Markup:
        return words.html(key, count=days, date=date, **html_values)

    ask = f"{words.text('label', label=text(mail.request))}\n{url}"
    paragraphs = (text(mail.subject), _joined(text, mail.opening), ask, _joined(text, mail.closing), title)
    page = NoticePage(
        html(mail.subject),
        tuple(html(key) for key in mail.opening),
        html(mail.request),
        url,
        html("note_copy"),
        (Markup(" ").join(html(key) for key in mail.closing),) if mail.closing else (),
    )
    return Notice(
        to,
        words.text(mail.subject, title=title),
        "\n\n".join(filter(None, paragraphs)) + "\n",
        language=words.language,
        return_token=return_token,
        page=page,
    )


def _joined(text: Callable[[str], str], keys: tuple[str, ...]) -> str:
    return " ".join(map(text, keys))


def _isolated(words: Translations, title: str) -> str:
    """A title in the midst of words that run from right to left takes none of the signs around it along."""
    return f"{_ISOLATE}{title}{_END_OF_ISOLATE}" if words.direction == "rtl" else title
