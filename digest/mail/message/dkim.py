"""DKIM signatures (RFC 6376, RFC 8463): rsa-sha256 or ed25519-sha256, relaxed/relaxed, no `l=`.

`cryptography` signs; the canonical form is made here, because dkimpy's takes many times as long on a body of 60 KB.
The tests verify thousands of odd messages with dkimpy, which shares no code with this.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from digest.domain_names import to_ascii
from digest.errors import SettingsError

if TYPE_CHECKING:
    from digest.settings import Settings

SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-id",
    "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-archive", "list-post", "feedback-id",
    "auto-submitted",
)  # fmt: skip
"""RFC 6376 5.4.1 and, for the one-click header, RFC 8058 4."""

_OVERSIGNED = (
    "from", "subject", "date", "message-id", "to", "cc", "reply-to", "sender", "list-unsubscribe",
    "list-unsubscribe-post", "list-id", "content-type", "mime-version",
)  # fmt: skip
"""Named once more than they occur, so that nobody can add one (RFC 6376 8.15): a second one might be what a mail
program shows or acts on."""
_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()
_SMALLEST_RSA_KEY = 1024  # bits; RFC 8301 asks verifiers to refuse less

HeaderFields = dict[str, list[bytes]]
"""Canonical header lines by lower-case name."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs messages for one domain. Safe to use from several threads."""

    domain: str
    selector: str
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    algorithm: str = field(init=False)

    def __post_init__(self) -> None:
        named = "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"
        object.__setattr__(self, "algorithm", named)

    def __reduce__(self) -> tuple[Any, ...]:
        """For a process that sends."""
        encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
        der = self.key.private_bytes(encoding, form, serialization.NoEncryption())
        return _signer, (self.domain, self.selector, der)

    def sign(self, message: bytes) -> bytes:
        """The DKIM-Signature header, with its line end, to put before `message` (CRLF line ends)."""
        head, _, body = message.partition(b"\r\n\r\n")
        return self.signature(header_fields(head + b"\r\n"), hashlib.sha256(canonical_body(body)).digest())

    def signature(self, fields: HeaderFields, body_digest: bytes) -> bytes:
        """The same from its two halves: the message's header fields, and the SHA-256 of its canonical body."""
        return self.signature_of(*signed_lines(fields), body_digest)

    def signature_of(self, names: tuple[str, ...], lines: Iterable[bytes], body_digest: bytes) -> bytes:
        """The same from the canonical header lines to sign, in order, each with its name."""
        before, canonical = _until_hash(self.algorithm, self.domain, self.selector, (*names, *_OVERSIGNED))
        rest = binascii.b2a_base64(body_digest, newline=False) + b";"
        signature = binascii.b2a_base64(self._signature(b"".join((*lines, canonical, rest, b" b="))), newline=False)
        folded = [signature[at : at + 72] for at in range(0, len(signature), 72)]
        return b"".join((before, rest, b"\r\n b=", b"\r\n  ".join(folded), b"\r\n"))

    def public_record(self) -> str:
        """The TXT record of `SELECTOR._domainkey.DOMAIN`."""
        public = self.key.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            raw, kind = public.public_bytes_raw(), "ed25519"
        else:
            raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            kind = "rsa"
        return f"v=DKIM1; k={kind}; p={base64.b64encode(raw).decode()}"

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(hashlib.sha256(data).digest())  # RFC 8463 3: of the hash
        return self.key.sign(data, _PADDING, _SHA256)


def _signer(domain: str, selector: str, der: bytes) -> Signer:
    # The key was checked when it was read from its file, which takes as long as a hundred signatures.
    key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
    return Signer(domain, selector, cast("rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey", key))


def signer_of(settings: Settings) -> Signer | None:
    """The signer that `[dkim]` describes, None where it is empty. Raises SettingsError when the key is not usable."""
    rule = settings.dkim
    if not rule.enabled:
        return None
    path = settings.path_of(rule.key_file)
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"dkim.key_file: {path} cannot be read: {error.strerror}.",
            "Set the path of the private key's PEM file, or delete [dkim].",
        ) from error
    return Signer(to_ascii(rule.domain), rule.selector, _key(pem, path))


def _key(pem: bytes, path: Path) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(
            f"dkim.key_file: {path} contains no readable private key: {error}.",
            "Make one with `openssl genrsa -out dkim.pem 2048`; it must be PEM, without a passphrase.",
        ) from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST_RSA_KEY:
        return key
    what = f"an RSA key of {key.key_size} bits" if isinstance(key, rsa.RSAPrivateKey) else type(key).__name__
    raise SettingsError(
        f"dkim.key_file: {path} holds {what}.", "Use an RSA key (2048 bits recommended) or an Ed25519 key."
    )


def canonical_body(body: bytes) -> bytes:
    """RFC 6376 3.4.4."""
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = canonical_lines(body)
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return b"" if body == b"\r\n" else body


def canonical_lines(lines: bytes) -> bytes:
    """The same of whole lines (CRLF after each) out of the midst of a body: blank lines stay.

    Replacing runs in C, and only between the first and the last, is far faster than a pattern.
    """
    if b"\t" in lines:
        lines = lines.replace(b"\t", b" ")
    if b"  " in lines:
        first, last = lines.find(b"  "), lines.rfind(b"  ") + 2
        lines = lines[:first] + _single_blanks(lines[first:last]) + lines[last:]
    return lines.replace(b" \r\n", b"\r\n") if b" \r\n" in lines else lines


def _single_blanks(text: bytes) -> bytes:
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text


def header_fields(lines: bytes) -> HeaderFields:
    """RFC 6376 3.4.2: header lines, folded or not (CRLF after each), as `name:value` and CRLF.

    By lower-case name, in the order of the message.
    """
    fields: HeaderFields = {}
    lines = lines.replace(b"\t", b" ").replace(b"\r\n ", b" ")
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.rstrip(b" ").lower(), _single_blanks(value.strip(b" "))
        fields.setdefault(name.decode("latin-1"), []).append(name + b":" + value + b"\r\n")
    return fields


def signed_lines(fields: HeaderFields) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """The names and the lines that are signed, in order: those of one name from the bottom up (RFC 6376 5.4.2)."""
    pairs = [(name, line) for name in SIGNED for line in reversed(fields.get(name, ()))]
    return tuple([name for name, _ in pairs]), tuple([line for _, line in pairs])


@lru_cache(maxsize=64)
def _until_hash(algorithm: str, domain: str, selector: str, names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """The signature's own header as far as it is the same for many messages, and the canonical form of that."""
    lines = (
        f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={domain};\r\n"
        f" s={selector};\r\n h={_folded(names)};\r\n bh="
    ).encode("ascii")
    return lines, header_fields(lines + b"\r\n")["dkim-signature"][0][:-2]


def _folded(names: tuple[str, ...]) -> str:
    lines, line = [], ""
    for name in names:
        if len(line) + len(name) > 66:
            lines.append(line)
            line = ""
        line += f"{name}:"
    return "\r\n  ".join([*lines, line]).removesuffix(":")
