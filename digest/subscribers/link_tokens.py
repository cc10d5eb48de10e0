"""Tokens in links: signed, each for one purpose, with no address in them, short enough that no header folds.

A token is a subscriber's number and a signature over it and its purpose: `8c1.N2JmY2Q…`, at most 40 characters. With
two keys, new tokens are signed with the first; links in old mails go on working under the other. A bound token carries
a hash as well, and goes into the text of a mail only: at most 80 characters.
"""

from __future__ import annotations

import hmac
import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

_DIGITS = string.digits + string.ascii_letters
LONGEST = 40
_AN_HOUR = timedelta(hours=1)  # dated tokens are that coarse


class Purpose(StrEnum):
    """What a token may be used for. One made for one purpose is worthless for the others."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    CONFIRM = "confirm"  # a subscription; ages
    ADDRESS = "address"  # a new address; ages, and is bound to that address
    BOUNCE = "bounce"  # in the envelope's sender, so lower case survives only as far as the other server keeps it


class Tokens:
    """Makes and reads tokens. Keys: the newest first."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signers = {purpose: _signer(keys, f"digest.{purpose.value}") for purpose in Purpose}

    def make(self, purpose: Purpose, number: int) -> str:
        """A token for subscriber `number` that does not age."""
        return self._signers[purpose].sign(_to_62(number)).decode("ascii")

    def read(self, purpose: Purpose, token: str) -> int | None:
        """The subscriber's number; None for anything but a token of ours for this purpose."""
        value = self._unsigned(purpose, token)
        return None if value is None else _from_62(value)

    def make_dated(self, purpose: Purpose, number: int, now: datetime) -> str:
        """A token that says when it was made (to the hour)."""
        hours = int(now.timestamp()) // 3600
        return self._signers[purpose].sign(f"{_to_62(number)}-{_to_62(hours)}").decode("ascii")

    def read_dated(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> int | None:
        """The subscriber's number; None as well when the token is older than `lasting`."""
        bound = self.read_bound(purpose, token, now=now, lasting=lasting)
        return bound[0] if bound and not bound[1] else None

    def make_bound(self, purpose: Purpose, number: int, about: str, now: datetime) -> str:
        """A dated token that is good for one thing only: `about`, the keyed hash of it, 32 hex digits."""
        hours = int(now.timestamp()) // 3600
        return self._signers[purpose].sign(f"{_to_62(number)}-{_to_62(hours)}-{about}").decode("ascii")

    def read_bound(self, purpose: Purpose, token: str, *, now: datetime, lasting: timedelta) -> tuple[int, str] | None:
        """The subscriber's number and what the token is about; None as well when it is older than `lasting`."""
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
        if not token.isascii() or len(token) > 2 * LONGEST:
            return None
        try:
            return self._signers[purpose].unsign(token).decode("ascii")
        except (BadSignature, UnicodeDecodeError):
            return None


class _Sha1(SigningAlgorithm):
    """itsdangerous' own default (HMAC-SHA1, RFC 2104), begun once for each key: every letter has two or three tokens,
    and setting up OpenSSL's hash takes longer than the hash."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        seal = _begun(key).copy()
        seal.update(value)
        return seal.digest()


@lru_cache(maxsize=64)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha1")


def _signer(keys: Sequence[bytes], salt: str) -> Signer:
    """Derives the purpose's own keys once: itsdangerous would for each token."""
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
