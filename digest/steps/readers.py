"""What readers do for themselves: ask, confirm, choose, pause, move, look, leave, be forgotten.

Whoever holds a token is taken for the reader it names. Functions return values that say nothing about who else is
subscribed; `ask` returns nothing at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from digest.errors import DigestError, MailServerError
from digest.mail.notes import Note
from digest.mail.page_words import mail_languages
from digest.mail.reader_notes import already_here, please_confirm, please_confirm_address
from digest.mail.words import Languages, Words
from digest.model import EditionStatus, SubscriberStatus
from digest.readers.addresses import Address, parse_address
from digest.readers.consent import CONFIRM_WITHIN, NOTES_A_DAY, can_come_back
from digest.readers.preferences import chosen_themes, clean_name
from digest.readers.tokens import Purpose, Tokens
from digest.steps.approved import approved_edition
from digest.steps.context import Context
from digest.steps.mailing import Links, hasher_of, keys_of
from digest.steps.notes import send_note
from digest.steps.send import send
from digest.steps.subscribers import erase_reader, history, known_hashes, leave
from digest.store import deliveries, editions, subscribers
from digest.store.subscribers import Consent, NewReader, Reader

S = SubscriberStatus


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the preferences page shows."""

    email: str
    name: str
    themes: tuple[str, ...]  # () means all
    language: str  # "" means the newsletter's
    status: SubscriberStatus
    new_email: str
    barred: str  # why nothing is sent although they have not left; "" where it is
    may_return: bool  # they left, or what bars them is theirs to lift


def tokens_of(context: Context) -> Tokens:
    return Tokens(keys_of(context.settings))


# --- Coming -----------------------------------------------------------------------------------------------------------


def wording(words: Words, title: str) -> str:
    """What a reader agrees to; kept with their consent, word for word, as the page showed it."""
    return words.text("wording", title=title)


def ask(
    context: Context,
    email: str,
    spoken: Languages,
    *,
    name: str = "",
    themes: tuple[str, ...] = (),
    language: str = "",
    origin: str = "",
) -> None:
    """Somebody asks to subscribe an address: its owner gets a mail that says what to do, whoever asked.

    `language` is that of the page on which they asked, and becomes a new reader's; one of ours keeps the own.
    `spoken` has the words of pages and notes.

    Sends nothing to addresses that an operator barred, and at most a few notes a day to any address. Failures of the
    mail server are reported, not raised: the answer on the page is the same in every case.
    """
    address, chosen = parse_address(email), themes_of(context, themes)
    if not isinstance(address, Address) or chosen is None:
        return
    language = language if language in spoken.known else ""
    note = _note_to_asker(context, spoken, address, clean_name(name), chosen, language, origin)
    if note is not None:
        _send_quietly(context, note)


def _note_to_asker(
    context: Context,
    spoken: Languages,
    address: Address,
    name: str,
    chosen: tuple[str, ...],
    language: str,
    origin: str,
) -> Note | None:
    now = context.clock()
    hashes = hasher_of(context.settings).hashes(address.key)
    title = context.settings.newsletter.title
    how = f"form, in {language}" if language else "form"
    with context.store.writing() as connection:
        subscribers.alone(connection)
        subscribers.forget_pending(connection, before=now - CONFIRM_WITHIN)
        asked = [line for line in subscribers.history(connection, list(hashes)) if line.what in ("asked", "reminded")]
        if sum(line.at > now - timedelta(days=1) for line in asked) >= NOTES_A_DAY:
            return None
        reasons = subscribers.suppressed(connection, list(hashes)).values()
        if any(not can_come_back(reason) for reason in reasons):
            return None
        reader = subscribers.find_by_key(connection, address.key)
        here = reader is not None and reader.subscriber.status in (S.ACTIVE, S.PAUSED) and not reasons
        what = "reminded" if here else "asked"
        line = Consent(hashes[0], now, what, how, origin, wording(spoken.words(language), title))
        subscribers.note_consent(connection, [line])
        if reader is None:
            fresh = NewReader(address.email, address.key, hashes[0], name, chosen, language, S.PENDING)
            subscribers.add_many(connection, [fresh], now=now)
            reader = subscribers.find_by_key(connection, address.key)
            assert reader is not None
        elif reader.subscriber.status is S.PENDING:
            subscribers.change(connection, reader.subscriber.id, name=name, themes=chosen, language=language)
            reader = replace(reader, subscriber=replace(reader.subscriber, language=language))
    to, number = reader.subscriber.email, reader.subscriber.id
    words = spoken.words(reader.subscriber.language or language)
    if here:
        return already_here(words, to, title=title, url=Links(context.settings).of(number).preferences)
    url = f"{_url(context)}/confirm/{tokens_of(context).make_dated(Purpose.CONFIRM, number, now)}"
    return please_confirm(words, to, title=title, url=url, days=CONFIRM_WITHIN.days)


def is_confirmable(context: Context, token: str) -> bool:
    """Whether a confirmation link still works. Changes nothing."""
    number = tokens_of(context).read_dated(Purpose.CONFIRM, token, now=context.clock(), lasting=CONFIRM_WITHIN)
    with context.store.reading() as connection:
        return number is not None and subscribers.find(connection, number) is not None


def confirm(context: Context, token: str, words: Words, *, origin: str = "") -> int | None:
    """The owner of the address says yes, to a page in these words. Returns the reader's number; None when the link does
    not work."""
    now = context.clock()
    number = tokens_of(context).read_dated(Purpose.CONFIRM, token, now=now, lasting=CONFIRM_WITHIN)
    if number is None:
        return None
    with context.store.writing() as connection:
        reader = subscribers.find(connection, number)
        if reader is None:
            return None
        _welcome_back(connection, context, reader, how="confirmed by link", words=words, origin=origin)
    return number


def _welcome_back(
    connection: Connection, context: Context, reader: Reader, *, how: str, words: Words, origin: str
) -> bool:
    """Active again, unless an operator barred the address; lifts what the reader's own wish can lift."""
    hashes = known_hashes(hasher_of(context.settings), reader)
    barred = subscribers.suppressed(connection, hashes)
    if any(not can_come_back(reason) for reason in barred.values()):
        return False
    subscribers.unsuppress(connection, list(barred))
    if subscribers.move(connection, reader.subscriber.id, [S.PENDING, S.LEFT, S.PAUSED], S.ACTIVE) or barred:
        subscribers.change(connection, reader.subscriber.id, soft_bounces=0)
        said = wording(words, context.settings.newsletter.title)
        subscribers.note_consent(connection, [Consent(reader.hash, context.clock(), "confirmed", how, origin, said)])
    return True


def send_latest(context: Context, number: int) -> bool:
    """Give a newcomer the latest edition, once. Returns whether there was one for them; failures stay queued.

    An edition that would not be the same any more (a template or a setting has changed) is not given, nor touched.
    """
    with context.store.reading() as connection:
        sent = [row for row in editions.list_all(connection) if row.sent_at is not None]
    if not sent:
        return False
    week = sent[0].week
    try:
        approved_edition(context, week)
    except DigestError as error:
        context.report(f"The latest edition is not given to a newcomer: {error.what}")
        return False
    with context.store.writing() as connection:
        if not deliveries.queue_one(connection, week, number, now=context.clock()):
            return False
        editions.move(connection, week, [EditionStatus.SENT], EditionStatus.SENDING)
    try:
        send(context, week)
    except DigestError as error:
        context.report(f"The latest edition for a newcomer stays queued: {error.what}")
    return True


# --- Choosing ---------------------------------------------------------------------------------------------------------


def themes_of(context: Context, ticked: Iterable[str]) -> tuple[str, ...] | None:
    """What ticking these means, () for all; None where the newsletter does not have one of them (any more)."""
    return chosen_themes(ticked, [theme.key for theme in context.settings.themes])


def preferences(context: Context, token: str) -> Preferences | None:
    """What the reader has chosen; None when the link does not work."""
    reader = _holder(context, token)
    if reader is None:
        return None
    one = reader.subscriber
    with context.store.reading() as connection:
        reasons = subscribers.suppressed(connection, known_hashes(hasher_of(context.settings), reader))
    barred = next(iter(reasons.values()), "") if one.status in (S.ACTIVE, S.PAUSED) else ""
    may_return = bool(barred or one.status is S.LEFT) and all(can_come_back(reason) for reason in reasons.values())
    return Preferences(one.email, one.name, one.themes, one.language, one.status, reader.new_email, barred, may_return)


def languages(context: Context) -> tuple[str, ...]:
    """The tags of the languages that a reader may choose: those that the mail comes in."""
    return mail_languages(context.settings).known


def may_choose(context: Context, token: str, language: str) -> bool:
    """Whether the reader may choose this language: a known one, the one they have, or "", the newsletter's."""
    reader = _holder(context, token)
    return reader is None or _is_choice(context, reader, language)


def _is_choice(context: Context, reader: Reader, language: str) -> bool:
    return language in ("", reader.subscriber.language, *languages(context))


def language_of(context: Context, token: str) -> str:
    """The language of the reader who holds this link, "" for none and for links that are none of ours."""
    tokens, now = tokens_of(context), context.clock()
    number = _number(context, token)
    if number is None:
        number = tokens.read_dated(Purpose.CONFIRM, token, now=now, lasting=CONFIRM_WITHIN)
    if number is None:
        bound = tokens.read_bound(Purpose.ADDRESS, token, now=now, lasting=CONFIRM_WITHIN)
        number = bound[0] if bound else None
    if number is None:
        return ""
    with context.store.reading() as connection:
        reader = subscribers.find(connection, number)
    return reader.subscriber.language if reader else ""


def choose(
    context: Context,
    token: str,
    *,
    name: str,
    themes: tuple[str, ...],
    language: str | None = None,
    origin: str = "",
) -> bool:
    """Keep the reader's name, themes and language (None leaves that one as it is); False, and nothing is changed, where
    the link, a theme or the language is none."""
    reader, chosen = _holder(context, token), themes_of(context, themes)
    if reader is None or chosen is None:
        return False
    before = reader.subscriber.language
    language = before if language is None else language
    if not _is_choice(context, reader, language):
        return False
    number = reader.subscriber.id
    with context.store.writing() as connection:
        subscribers.change(connection, number, name=clean_name(name), themes=chosen, language=language)
        _note(connection, context, reader, "changed name, themes", origin, ", ".join(chosen) or "all themes")
        if language != before:
            _note(connection, context, reader, "changed language", origin, language or "the newsletter's")
    return True


def pause(context: Context, token: str, *, paused: bool, origin: str = "") -> bool:
    """Stop or go on getting editions, without leaving."""
    reader = _holder(context, token)
    if reader is None:
        return False
    origins, target = ([S.ACTIVE], S.PAUSED) if paused else ([S.PAUSED], S.ACTIVE)
    with context.store.writing() as connection:
        if subscribers.move(connection, reader.subscriber.id, origins, target):
            _note(connection, context, reader, "paused" if paused else "resumed", origin)
    return True


def ask_to_move(context: Context, token: str, email: str, spoken: Languages, *, origin: str = "") -> None:
    """Ask for a new address: its owner gets a mail and must confirm it.

    As with `ask`, nothing comes back and failures are only reported: neither the answer on the page nor its time may
    tell whether the address is known. A reader may ask, and an address be written to, a few times a day.
    """
    reader = _holder(context, token)
    address = parse_address(email)
    if reader is None or not isinstance(address, Address):
        return
    now = context.clock()
    hashes = list(hasher_of(context.settings).hashes(address.key))
    with context.store.writing() as connection:
        if (
            max(
                _lines_today(connection, context, [reader.hash], "asked to move away"),
                _lines_today(connection, context, hashes, "asked to move here"),
            )
            >= NOTES_A_DAY
        ):
            return
        subscribers.change(connection, reader.subscriber.id, new_email=address.email)
        _note(connection, context, reader, "asked to move away", origin)
        subscribers.note_consent(connection, [Consent(hashes[0], now, "asked to move here", "preferences", origin)])
        taken = subscribers.find_by_key(connection, address.key) is not None
        barred = subscribers.suppressed(connection, hashes)
    if not taken and not barred:
        title = context.settings.newsletter.title
        bound = tokens_of(context).make_bound(Purpose.ADDRESS, reader.subscriber.id, hashes[0], now)
        words = spoken.words(reader.subscriber.language)
        url = f"{_url(context)}/move/{bound}"
        _send_quietly(context, please_confirm_address(words, address.email, title=title, url=url))


def _lines_today(connection: Connection, context: Context, hashes: list[str], what: str) -> int:
    since = context.clock() - timedelta(days=1)
    return sum(line.what == what and line.at > since for line in subscribers.history(connection, hashes))


def is_movable(context: Context, token: str) -> bool:
    """Whether a link that confirms a new address still works. Changes nothing."""
    with context.store.reading() as connection:
        return _movable(connection, context, token) is not None


def move(context: Context, token: str, *, origin: str = "") -> bool:
    """The owner of the new address says yes."""
    now = context.clock()
    with context.store.writing() as connection:
        subscribers.alone(connection)
        found = _movable(connection, context, token)
        if found is None:
            return False
        reader, address = found
        number = reader.subscriber.id
        hashes = hasher_of(context.settings).hashes(address.key)
        other = subscribers.find_by_key(connection, address.key)
        if subscribers.suppressed(connection, list(hashes)) or (other and other.subscriber.id != number):
            return False
        subscribers.change(connection, number, email=address.email, email_key=address.key, hash=hashes[0], new_email="")
        deliveries.readdress(connection, number, address.email)
        _note(connection, context, reader, "moved away", origin)
        subscribers.note_consent(connection, [Consent(hashes[0], now, "moved here", "confirmed by link", origin)])
    return True


def _movable(connection: Connection, context: Context, token: str) -> tuple[Reader, Address] | None:
    """Whose link it is and the address they wait for, where that is the very one to which the link was sent."""
    found = tokens_of(context).read_bound(Purpose.ADDRESS, token, now=context.clock(), lasting=CONFIRM_WITHIN)
    reader = subscribers.find(connection, found[0]) if found else None
    address = parse_address(reader.new_email) if reader and reader.new_email else None
    if found is None or reader is None or not isinstance(address, Address):
        return None
    return (reader, address) if found[1] in hasher_of(context.settings).hashes(address.key) else None


# --- Looking, leaving -------------------------------------------------------------------------------------------------


def personal_data(context: Context, token: str) -> dict[str, Any] | None:
    """All that is kept about the reader, for them to take away."""
    reader = _holder(context, token)
    if reader is None:
        return None
    one = reader.subscriber
    with context.store.reading() as connection:
        barred = list(subscribers.suppressed(connection, known_hashes(hasher_of(context.settings), reader)).values())
    return {
        "email": one.email,
        "name": one.name,
        "themes": list(one.themes) or "all",
        "language": one.language,
        "status": one.status.value,
        "suppressed": barred,
        "joined_at": reader.joined_at.isoformat(),
        "new_email": reader.new_email,
        "soft_bounces": reader.soft_bounces,
        "history": [
            {"at": line.at, "what": line.what, "how": line.how, "origin": line.origin, "wording": line.wording}
            for line in history(context, one.email)
        ],
    }


def unsubscribe(context: Context, token: str, *, how: str, origin: str = "") -> bool:
    """Leave. True for every token that was ever given out, also when its reader has left or was erased long ago."""
    number = _number(context, token)
    if number is None:
        return False
    with context.store.writing() as connection:
        reader = subscribers.find(connection, number)
        if reader is not None:
            leave(connection, context, reader, how=how, origin=origin)
    return True


def may_unsubscribe(context: Context, token: str) -> bool:
    """Whether the link is one of ours. Changes nothing, asks nothing of the store."""
    return _number(context, token) is not None


def come_back(context: Context, token: str, words: Words, *, origin: str = "") -> bool:
    """A reader who left by mistake comes back through their own link."""
    number = _number(context, token)
    if number is None:
        return False
    with context.store.writing() as connection:
        reader = subscribers.find(connection, number)
        if reader is None or reader.subscriber.status is S.PENDING:
            return False
        how = "came back by own link"
        return _welcome_back(connection, context, reader, how=how, words=words, origin=origin)


def erase(context: Context, token: str, *, origin: str = "") -> bool:
    """Forget the reader; only hashes stay."""
    reader = _holder(context, token)
    if reader is None:
        return False
    with context.store.writing() as connection:
        erase_reader(connection, context, reader, how="own wish", origin=origin)
    return True


# --- Helping ----------------------------------------------------------------------------------------------------------


def _number(context: Context, token: str) -> int | None:
    tokens = tokens_of(context)
    found = tokens.read(Purpose.PREFERENCES, token)
    return tokens.read(Purpose.UNSUBSCRIBE, token) if found is None else found


def _holder(context: Context, token: str) -> Reader | None:
    number = tokens_of(context).read(Purpose.PREFERENCES, token)
    if number is None:
        return None
    with context.store.reading() as connection:
        return subscribers.find(connection, number)


def _note(connection: Connection, context: Context, reader: Reader, what: str, origin: str, detail: str = "") -> None:
    line = Consent(reader.hash, context.clock(), what, "preferences", origin, detail)
    subscribers.note_consent(connection, [line])


def _url(context: Context) -> str:
    return context.settings.newsletter.public_url.rstrip("/")


def _send_quietly(context: Context, note: Note, *, tries: int = 3) -> None:
    for attempt in range(1, tries + 1):
        try:
            send_note(context, note)
            return
        except MailServerError as error:
            context.report(f"{error.what} (try {attempt} of {tries})")
            if attempt < tries:
                time.sleep(2.0 * attempt)
