"""Subscribers' addresses: validated, normalised, compared, and hashed for what must outlive them."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from digest.domain_names import DomainNameError, to_ascii

_SAMPLE = ".invalid"  # RFC 6761, section 6.4; the subscribers that `digest init` writes are there
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_%+'=-]+(?:\.[A-Za-z0-9_%+'=-]+)*")
_IGNORES_DOTS = frozenset({"gmail.com", "googlemail.com"})  # one domain with two names
_LONGEST = 1000  # characters: far more than the 254 bytes of RFC 5321, whatever way they are written
_SUPPRESSION_PURPOSE = b"digest: hash of a reader's address"


class Address(NamedTuple):  # a tuple is faster to make than a dataclass, and an import makes very many
    """A valid address. Plus-tags are kept: with another tag, it is another subscriber."""

    email: str  # as written, Unicode in NFC, domain in lower case
    key: str  # two addresses with the same key are the same subscriber


@dataclass(frozen=True, slots=True)
class BadAddress:
    """Why something is not an address, for people."""

    text: str
    reason: str


def parse_address(text: str) -> Address | BadAddress:
    """Validate and normalise one address; nothing is looked up on the network."""
    text = text.strip()
    if len(text) > _LONGEST:
        return BadAddress(text, "It is longer than an address may be.")
    local, at, domain = text.rpartition("@")
    if domain.lower().endswith(_SAMPLE):
        return BadAddress(text, "It is only a sample: no mail ever reaches a domain that ends with .invalid.")
    if at and len(text) <= 254 and len(local) <= 64 and _PLAIN_LOCAL.fullmatch(local) and domain.isascii():
        # Most of the library's time goes into the domain, and subscribers share few domains.
        domain = domain.lower()
        normal_domain = _known_domain(domain)
        if normal_domain:
            return Address(f"{local}@{normal_domain}", f"{local.lower()}@{domain}")
    try:
        validated = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        return BadAddress(text, str(error).strip())
    return Address(validated.normalized, _key(validated.local_part, validated.ascii_domain))


@lru_cache(maxsize=65536)
def _known_domain(domain: str) -> str:
    """Return the normal (Unicode) form of a valid ASCII domain; "" for one that the library must check as a whole."""
    if domain.startswith("xn--") or ".xn--" in domain:
        return ""  # the library decodes it and rejects invalid IDNA
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).domain
    except EmailNotValidError:
        return ""


def domain_form(domain: str) -> str:
    """Return a domain in the form of subscribers' addresses: in lower case, and in Unicode if it is IDNA."""
    address = parse_address(f"a@{domain}")
    return domain.lower() if isinstance(address, BadAddress) else address.email.partition("@")[2]


def _key(local: str, ascii_domain: str) -> str:
    # NFKC folds what looks the same (full-width letters, ligatures); folding case twice around it is what
    # Unicode calls a compatibility caseless match (The Unicode Standard, section 3.13, D146).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", local).casefold())
    return f"{folded}@{ascii_domain.lower()}"


def mailbox_key(key: str) -> str:
    """Return the mailbox that the key of an address leads to: without its tag, at Gmail also without dots."""
    local, _, domain = key.rpartition("@")
    name = local.partition("+")[0] or local
    if domain in _IGNORES_DOTS:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}"


def envelope_form(email: str) -> tuple[str, bool]:
    """Return the address in the form for SMTP, and whether the server must support SMTPUTF8.

    An IDN domain goes out as ASCII; only a local part beyond ASCII needs SMTPUTF8 (RFC 6531).
    """
    if email.isascii():
        return email, False
    local, _, domain = email.rpartition("@")
    try:
        return f"{local}@{to_ascii(domain)}", not local.isascii()
    except DomainNameError:
        return email, True


class AddressHasher:
    """Keyed hashes of addresses: whoever finds the suppression list cannot read it without the key.

    New hashes use the first key. The older keys recognise hashes from before the key was changed.
    """

    def __init__(self, keys: Iterable[bytes]) -> None:
        # Made once and copied for each address: setting up OpenSSL's HMAC takes longer than using it.
        self._keyed_hashes = [
            hmac.new(hmac.digest(key, _SUPPRESSION_PURPOSE, hashlib.sha256), digestmod=hashlib.sha256) for key in keys
        ]

    def hash(self, key: str) -> str:
        """Return the hash of an address's key (`Address.key`): 32 hex digits."""
        return _seal(self._keyed_hashes[0], key)

    def hashes(self, key: str) -> tuple[str, ...]:
        """Return the hashes with each secret key, the newest first."""
        return tuple([_seal(keyed_hash, key) for keyed_hash in self._keyed_hashes])


def _seal(keyed_hash: hmac.HMAC, key: str) -> str:
    seal = keyed_hash.copy()
    seal.update(key.encode())
    # 128 bits are enough to tell addresses apart, and take half the room in the indexes.
    return seal.hexdigest()[:32]
