"""Passwords as scrypt hashes, for `digest.toml`: `scrypt$N$R$P$SALT$HASH`, salt and hash in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading

# What OWASP's "Password Storage Cheat Sheet" names beside 2**17, 8, 1: the same work with a quarter of the memory.
_N, _R, _P = 2**15, 8, 3
_LENGTH = 32
_MOST_MEMORY = 128 * 1024 * 1024
_CHECKING = threading.Semaphore(2)
"""At a time: each check takes 32 MB and a good part of a second."""
SHORTEST = 10  # characters


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${_text(salt)}${_text(_scrypt(password, salt, _N, _R, _P))}"


def is_password(password: str, hashed: str) -> bool:
    """Return whether this is the password. `hashed` may be "", which takes as long and is no password's hash."""
    n, r, p, salt, expected = (hashed or _NOBODY).removeprefix("scrypt$").split("$")
    with _CHECKING:
        result = _scrypt(password[:1_000], base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(result, base64.b64decode(expected)) and bool(hashed)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogateescape"), salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY, dklen=_LENGTH
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


_NOBODY = f"scrypt${_N}${_R}${_P}${_text(b'nobody has this.')}${_text(bytes(_LENGTH))}"
