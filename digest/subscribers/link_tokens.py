"""Tokens in links: signed, each for one purpose, without an address, and short enough that no header line folds.

A token is a subscriber's number and a signature over it and the purpose: `8c1.N2JmY2Q…`, at most 40 characters. New
tokens are signed with the first key; those of older keys go on working. A bound token contains a hash as well and is
only used in the text of a mail: at most 80 characters.
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
from itsdangerous.signer import SigningAlgorithm

_DIGITS = string.digits + string.ascii_letters
LONGEST = 40
_AN_HOUR = timedelta(hours=1)  # the precision of dated tokens
_SPELLING = re.compile(r"[0-9A-Za-z-]+\.[0-9A-Za-z_-]+")
"""What tokens are written with. Decoding the signature would skip other characters, and take "+" for "-"."""


class Purpose(StrEnum):
    """What a token may be used for. A token for one purpose is invalid for the others."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"  # a subscription; expires
    ADDRESS = "address"  # a new address; expires, and is bound to that address
    BOUNCE = "bounce"  # in the envelope sender, where another server may change its case


class Tokens:
    """Makes and reads tokens. Keys: the newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signers = {purpose: _signer(keys, f"digest.{purpose.value}") for purpose in Purpose}

    def make(self, purpose: Purpose, number: int) -> str:
        """Return a token for subscriber `number` that does not expire."""
        return self._signers[purpose].sign(_to_62(number)).decode("ascii")

    def read(self, purpose: Purpose, token: str) -> int | None:
        """Return the subscriber's number; None if the token is invalid or for another purpose."""
        value = self._unsigned(purpose, token)
        return None if value is None else _from_62(value)

    def make_dated(self, purpose: Purpose, number: int, now: datetime) -> str:
        """Return a token that contains the hour in which it was made."""
        hours = int(now.timestamp()) // 3600
        return self._signers[purpose].sign(f"{_to_62(number)}-{_to_62(hours)}").decode("ascii")

    def read_dated(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> int | None:
        """Return the subscriber's number; None if the token is invalid or older than `lasting`."""
        bound = self.read_bound(purpose, token, now=now, lasting=lasting)
        return bound[0] if bound and not bound[1] else None

    def make_bound(self, purpose: Purpose, number: int, about: str, now: datetime) -> str:
        """Return a dated token that is bound to `about`: the keyed hash of an address, 32 hex digits."""
        hours = int(now.timestamp()) // 3600
        return self._signers[purpose].sign(f"{_to_62(number)}-{_to_62(hours)}-{about}").decode("ascii")

    def read_bound(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> tuple[int, str] | None:
        """Return the subscriber's number and `about`; None if the token is invalid or older than `lasting`."""
        number, _, rest = (self._unsigned(purpose, token) or "").partition("-")
        hours, _, about = rest.partition("-")
        made_hour, subscriber = _from_62(hours), _from_62(number)
        if (
            made_hour is None
            or subscriber is None
            or now - datetime.fromtimestamp(made_hour * 3600, UTC) > lasting + _AN_HOUR
        ):
            return None
        return subscriber, about

    def _unsigned(self, purpose: Purpose, token: str) -> str | None:
        if len(token) > 2 * LONGEST or not _SPELLING.fullmatch(token):
            return None
        try:
            return self._signers[purpose].unsign(token).decode("ascii")
        except (BadSignature, UnicodeDecodeError):
            return None


class _Sha1(SigningAlgorithm):
    """The default algorithm of itsdangerous (HMAC-SHA1, RFC 2104), set up once for each key.

    Every message has two or three tokens, and setting up OpenSSL's HMAC takes longer than using it.
    """

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        seal = _begun(key).copy()
        seal.update(value)
        return seal.digest()


@lru_cache(maxsize=64)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha1")


def _signer(keys: Sequence[bytes], salt: str) -> Signer:
    """Derive the keys of a purpose once; itsdangerous would do it for each token."""
    derive = Signer(b"", salt=salt, key_derivation="hmac").derive_key
    # It signs with the last key and accepts all of them.
    return Signer([derive(key) for key in reversed(keys)], key_derivation="none", algorithm=_Sha1())


def _to_62(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits or "0"


def _from_62(text: str) -> int | None:
    if not text or not all(char in _DIGITS for char in text):
        return None
    number = 0
    for char in text:
        number = number * 62 + _DIGITS.index(char)
    return number
