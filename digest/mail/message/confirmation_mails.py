"""What the notes to a subscriber say, in that subscriber's language. Pure."""

from __future__ import annotations

from digest.mail.message.notice import Notice
from digest.words.translations import Translations

_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


def please_confirm(words: Translations, to: str, *, title: str, url: str, days: int) -> Notice:
    """To who asked for the newsletter, or for whom somebody did. `days` is how long `url` works."""
    return _note(
        words,
        to,
        words.text("note_confirm_subject", title=title),
        words.text("note_asked", title=_name(words, title)),
        words.text("note_confirm"),
        url,
        f"{words.text('note_within', count=days)} {words.text('note_not_you')}",
        title,
    )


def already_here(words: Translations, to: str, *, title: str, url: str) -> Notice:
    """To who asked for what they get already. `url` is that of their preferences."""
    return _note(
        words,
        to,
        words.text("note_already_subject", title=title),
        f"{words.text('note_asked', title=_name(words, title))} {words.text('note_already')}",
        words.text("note_choose"),
        url,
        title,
    )


def please_confirm_address(words: Translations, to: str, *, title: str, url: str) -> Notice:
    """To the new address of a subscriber."""
    return _note(
        words,
        to,
        words.text("note_move_subject", title=title),
        words.text("note_move", title=_name(words, title)),
        words.text("note_confirm"),
        url,
        words.text("note_move_not_you"),
        title,
    )


def _note(words: Translations, to: str, subject: str, *paragraphs: str) -> Notice:
    text = "\n\n".join((words.text("greeting", name=""), *paragraphs))
    return Notice(to, subject, f"{text}\n", language=words.language)


def _name(words: Translations, title: str) -> str:
    """A title in the midst of words that run from right to left takes none of the signs around it along."""
    return f"{_ISOLATE}{title}{_END_OF_ISOLATE}" if words.direction == "rtl" else title
