"""What a file says about a subscriber: active, pending, paused, unsubscribed or suppressed, and the words for it.

The words are those that newsletter services, list servers and spreadsheets write into their exports. A word that is not
here is not understood, and nobody guesses: the import asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from digest.model import EffectiveStatus, Suppression, SuppressionReason

_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\D.*)?|\d{9,14}|[a-z]{3,9}\.? \d{1,2},? \d{4}.*", re.DOTALL)
_BETWEEN_TAGS = re.compile(r"[,;|/()\[\]]")
_PLAINLY_LEFT = re.compile(
    r"\b(?:unsubscribed|opted[ -]out|abgemeldet|désabonnée?|désinscrite?|uitgeschreven|afgemeld)\b", re.IGNORECASE
)
_NO_DATE = re.compile(r"0000-00-00.*", re.DOTALL)
LONGEST_WORD = 200
"""Characters of a cell that says who gets mail. What reads a cell here keeps it for a while: clip longer ones first."""


class Standing(NamedTuple):  # a tuple, because an import has one for each row
    """What a row says about its subscriber. `suppression` is set for "left" and "suppressed" only."""

    status: EffectiveStatus
    suppression: Suppression | None = None


def _suppressed(reason: SuppressionReason, detail: str = "") -> Standing:
    return Standing(EffectiveStatus.SUPPRESSED, Suppression(reason, detail))


ACTIVE = Standing(EffectiveStatus.ACTIVE)
PAUSED = Standing(EffectiveStatus.PAUSED)
PENDING = Standing(EffectiveStatus.PENDING)
LEFT = Standing(EffectiveStatus.LEFT, Suppression(SuppressionReason.UNSUBSCRIBED))
BOUNCED = _suppressed(SuppressionReason.BOUNCE)
COMPLAINED = _suppressed(SuppressionReason.COMPLAINT)
SUPPRESSED = _suppressed(SuppressionReason.OPERATOR)

BY_STATUS = {one.status: one for one in (ACTIVE, PENDING, PAUSED, LEFT, SUPPRESSED)}
"""The standing that each status means where nothing else is known."""

_ORDER = (
    EffectiveStatus.ACTIVE,
    EffectiveStatus.PAUSED,
    EffectiveStatus.PENDING,
    EffectiveStatus.LEFT,
    EffectiveStatus.SUPPRESSED,
)


def _table(words: Mapping[Standing, str]) -> dict[str, Standing]:
    return {word.strip(): standing for standing, group in words.items() for word in group.split(",")}


_WORDS = _table(
    {
        ACTIVE: "active, subscribed, enabled, confirmed, verified, regular, premium, gifted, free, paid, comped, comp, "
        "trialed, past due, unpaid, churning, current, live, member, owner, manager, moderator, valid, deliverable, "
        "opted in, opt in, optin, double opt in, single opt in, soft bounced, soft bounce, yes, true, subscriber",
        PENDING: "pending, unconfirmed, not confirmed, unactivated, unverified, invited, awaiting confirmation, "
        "non subscribed, nonsubscribed, transactional",
        PAUSED: "paused, on hold, on holiday, vacation, snoozed, no mail, nomail, no email",
        LEFT: "left, unsubscribed, unsubscribe, unsub, opted out, opt out, optout, removed, deleted, cancelled, "
        "canceled, archived, resigned, withdrawn, former, no, false, abgemeldet, désabonné, désinscrit, "
        "uitgeschreven, afgemeld, dado de baja",
        BOUNCED: "bounced, bouncing, cleaned, hard bounced, hard bounce, undeliverable, invalid",
        COMPLAINED: "complained, complaint, spam, spam complaint, spam complaints, marked as spam, marked as junk, "
        "abuse, junk",
        SUPPRESSED: "suppressed, blocked, blocklisted, blacklisted, banned, disabled, inactive, spammy, rejected, "
        "do not contact, do not mail, do not email, dnc, email disabled",
    }
)
_PREFERENCES = _table(
    {
        ACTIVE: "email, mail, all email, each email, all mail, every email, daily, weekly, digest, daily digest, "
        "summary, daily summary, abridged, html, text, regular",
        PAUSED: "none, no email, no mail, nomail, off, never, web only, don't send email updates",
    }
)
_YES = frozenset({"yes", "y", "true", "t", "1", "on", "x", "ja", "j", "oui", "si", "sí", "ie", "checked", "✓", "✔"})
_NO = frozenset(
    {"no", "n", "false", "f", "0", "off", "nein", "non", "na", "never", "none", "null", "nil", "n/a", "-", "–", "\\n"}
)


def normal_word(cell: str) -> str:
    """Return a cell as the words are looked up: in lower case, with single blanks between its parts."""
    return _BETWEEN_WORDS.sub(" ", cell.casefold()).strip() or cell.strip()


@lru_cache(maxsize=4096)
def by_word(cell: str) -> Standing | None:
    """Read a cell that holds a status, such as "unsubscribed"; None if it is not understood. Empty says nothing."""
    return _WORDS.get(normal_word(cell)) if cell else ACTIVE


@lru_cache(maxsize=4096)
def by_preference(cell: str) -> Standing | None:
    """Read a cell that says how somebody gets the mail of a list server: "digest", "no email"."""
    return _PREFERENCES.get(normal_word(cell)) if cell else ACTIVE


@lru_cache(maxsize=4096)
def is_yes(cell: str) -> bool | None:
    """Whether a cell says yes (a date is a yes) or no; None if it says neither. Empty says neither."""
    word = normal_word(cell)
    if word in _NO or _NO_DATE.fullmatch(word):
        return False
    return True if word in _YES or _DATE.fullmatch(cell.strip().casefold()) else None


@lru_cache(maxsize=4096)
def word_about_leaving(cell: str, *, plain_only: bool = False) -> str:
    """Return what in a cell, of whatever column, says that somebody gets no mail; "" if nothing does.

    It may be one of several words, as in a column of tags, or stand in a text ("unsubscribed by phone"). `plain_only`
    is for cells in which only words such as "unsubscribed" have no other meaning.
    """
    if not plain_only and (part := next(filter(_gets_no_mail, _BETWEEN_TAGS.split(cell)), "")):
        return part.strip()
    plain = _PLAINLY_LEFT.search(cell)
    return plain[0] if plain else ""


def _gets_no_mail(cell: str) -> bool:
    word = normal_word(cell)
    # "no" and "invalid" have other meanings in other columns.
    return word not in _NO and word != "invalid" and _WORDS.get(word, ACTIVE) != ACTIVE


def most_restrictive(standings: Iterable[Standing]) -> Standing:
    """Return the standing that counts if a row has several: whoever left in one column has left."""
    return max(standings, key=lambda one: _ORDER.index(one.status), default=ACTIVE)


def with_reason(standing: Standing, text: str) -> Standing:
    """Add what our own export says in its column `reason`: a suppression as `str(Suppression)` writes it."""
    is_pending = standing.status is EffectiveStatus.PENDING  # may be suppressed as well
    if not text or (standing.suppression is None and not is_pending):
        return standing
    for reason in SuppressionReason:
        if text == reason or text.startswith(f"{reason} "):
            return standing._replace(suppression=Suppression(reason, text[len(reason) :].strip()))
    return standing._replace(suppression=Suppression(SuppressionReason.OPERATOR, text))
