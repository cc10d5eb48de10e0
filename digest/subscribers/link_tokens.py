"""Tokens in links and addresses: signed, each for one purpose, without an address, and short enough that no header line
folds.

A token is a subscriber's number and a seal over it and the purpose: `8c1.9f86d081884c7d65…`, at most 40 characters. Its
alphabet has one case, for mail systems change the case of local parts (RFC 5321 section 2.4 forbids it; Exchange and
Domino do it): a token reads the same in any case. New tokens are sealed with the first key; those of older keys go on
working, and so do those of the older form (`8c1.N2JmY2Q…`, base 62, told apart by the length of their signature). A
bound token contains a hash as well and is only used in the text of a mail: at most 80 characters.
"""

from __future__ import annotations

import hmac
import re
import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadSignature, Signer

_DIGITS = string.digits + string.ascii_lowercase + string.ascii_uppercase
LONGEST = 40
SEAL_LENGTH = 28
"""Hex digits of a seal: 112 bits of HMAC-SHA256 (RFC 2104 section 5 asks for 80 at least)."""
_AN_HOUR = timedelta(hours=1)  # the precision of dated tokens
_OLD_BASE, _BASE = 62, 36
_LATEST_HOUR = 10_000_000  # of dated tokens, since 1970; datetime knows later ones not
_SPELLING = re.compile(r"[0-9A-Za-z-]+\.[0-9A-Za-z_-]+")
"""What tokens are written with. Decoding the signature would skip other characters, and take "+" for "-"."""


class Purpose(StrEnum):
    """What a token may be used for. A token for one purpose is invalid for the others."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"  # a subscription; expires
    MOVE = "move"  # leave this address; expires, and is bound to the new one
    ADDRESS = "address"  # a new address; expires, and is bound to that address
    EXPORT = "export"  # the personal data; expires
    ERASE = "erase"  # expires
    BOUNCE = "bounce"  # in the envelope sender
    ADDRESS_BOUNCE = "bounce of a new address"  # the same, of the mail that asks to confirm one


class Tokens:
    """Makes and reads tokens. Keys: the newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {purpose: [_derived(key, purpose) for key in keys] for purpose in Purpose}
        self._older = {purpose: _older_signer(keys, purpose) for purpose in Purpose}

    def make(self, purpose: Purpose, number: int) -> str:
        """Return a token for subscriber `number` that does not expire."""
        return self._sealed(purpose, _to_text(number))

    def read(self, purpose: Purpose, token: str) -> int | None:
        """Return the subscriber's number; None if the token is invalid or for another purpose."""
        text, base = self._unsealed(purpose, token)
        return _to_number(text, base)

    def make_dated(self, purpose: Purpose, number: int, now: datetime) -> str:
        """Return a token that contains the hour in which it was made."""
        return self._sealed(purpose, f"{_to_text(number)}-{_to_text(_hour(now))}")

    def read_dated(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> int | None:
        """Return the subscriber's number; None if the token is invalid or older than `lasting`."""
        bound = self.read_bound(purpose, token, now=now, lasting=lasting)
        return bound[0] if bound and not bound[1] else None

    def make_bound(self, purpose: Purpose, number: int, about: str, now: datetime) -> str:
        """Return a dated token that is bound to `about`: the keyed hash of an address, 32 hex digits."""
        return self._sealed(purpose, f"{_to_text(number)}-{_to_text(_hour(now))}-{about}")

    def read_bound(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> tuple[int, str] | None:
        """Return the subscriber's number and `about`; None if the token is invalid or older than `lasting`."""
        text, base = self._unsealed(purpose, token)
        number, _, rest = text.partition("-")
        hours, _, about = rest.partition("-")
        made_hour, subscriber = _to_number(hours, base), _to_number(number, base)
        if (
            made_hour is None
            or subscriber is None
            or made_hour > _LATEST_HOUR
            or now - datetime.fromtimestamp(made_hour * 3600, UTC) > lasting + _AN_HOUR
        ):
            return None
        return subscriber, about

    def _sealed(self, purpose: Purpose, text: str) -> str:
        return f"{text}.{_seal(self._keys[purpose][0], text)}"

    def _unsealed(self, purpose: Purpose, token: str) -> tuple[str, int]:
        """Return what was sealed and the base of its numbers; "" if the token is invalid."""
        if len(token) > 2 * LONGEST or not _SPELLING.fullmatch(token):
            return "", _BASE
        text, _, seal = token.lower().rpartition(".")
        if len(seal) == SEAL_LENGTH:
            valid = any(hmac.compare_digest(seal, _seal(key, text)) for key in self._keys[purpose])
            return (text if valid else ""), _BASE
        try:
            return self._older[purpose].unsign(token).decode("ascii"), _OLD_BASE
        except (BadSignature, UnicodeDecodeError):
            return "", _OLD_BASE


def _derived(key: bytes, purpose: Purpose) -> bytes:
    """One key a purpose, and none that the older form uses: its signatures cannot be written as seals."""
    return hmac.digest(key, f"digest.{purpose.value}.seal".encode(), "sha256")


@lru_cache(maxsize=64)
def _begun(key: bytes) -> hmac.HMAC:
    """Every message has two or three tokens, and setting up OpenSSL's HMAC takes longer than using it."""
    return hmac.new(key, digestmod="sha256")


def _seal(key: bytes, text: str) -> str:
    keyed = _begun(key).copy()
    keyed.update(text.encode("ascii"))
    return keyed.hexdigest()[:SEAL_LENGTH]


def _older_signer(keys: Sequence[bytes], purpose: Purpose) -> Signer:
    """Derive the keys of a purpose once; itsdangerous would do it for each token."""
    derive = Signer(b"", salt=f"digest.{purpose.value}", key_derivation="hmac").derive_key
    # It accepts all keys; it signs nothing any more.
    return Signer([derive(key) for key in reversed(keys)], key_derivation="none")


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def _to_text(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, _BASE)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _to_number(text: str, base: int) -> int | None:
    digits = [_DIGITS.find(char) for char in text]
    if not digits or not all(0 <= digit < base for digit in digits):
        return None
    number = 0
    for digit in digits:
        number = number * base + digit
    return number
