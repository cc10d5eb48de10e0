"""Whether a request really comes from the provider: each proves it in its own way. Pure.

Postmark, Brevo   a password that we gave them (HTTP Basic, or Bearer), for they sign nothing
Mailgun           HMAC-SHA256 over time and token
SendGrid          ECDSA over time and body, with the public key that its settings page shows
generic JSON      HMAC-SHA256 over time and body, as docs/webhooks.md describes
Amazon SES        RSA over the envelope, with a certificate of SNS: see `sns_signature`
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.mail.returned.webhooks import mailgun
from digest.mail.returned.webhooks.reported_event import PayloadError, from_epoch

Headers = Mapping[str, str]  # names in any case, as the web server's are
_SIGNED_WITHIN = timedelta(minutes=5)  # by a sender that signs each try
_RETRIED_WITHIN = timedelta(days=2)  # providers that go on trying with the first signature give up by then
_SENDGRID = "x-twilio-email-event-webhook-"


def has_password(headers: Headers, password: str) -> bool:
    """HTTP Basic with any user name (RFC 7617), or Bearer (RFC 6750)."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return _same(value.strip(), password)


def is_from_mailgun(body: bytes, key: str, now: datetime) -> bool:
    """Mailgun signs time and token only; what else stands in the body is protected by TLS on its way."""
    try:
        timestamp, token, signature = mailgun.signature(body)
    except PayloadError:
        return False
    return _is_recent(timestamp, now, _RETRIED_WITHIN) and _same(
        signature, _hmac(key, (timestamp + token).encode("utf-8", "replace"))
    )


def is_from_sendgrid(headers: Headers, body: bytes, key: str, now: datetime) -> bool:
    """`key` is the verification key of SendGrid's settings page: base64 of a DER public key."""
    timestamp = headers.get(f"{_SENDGRID}timestamp", "")
    try:
        public = load_der_public_key(base64.b64decode(key, validate=True))
        signature = base64.b64decode(headers.get(f"{_SENDGRID}signature", ""), validate=True)
        if not isinstance(public, EllipticCurvePublicKey):
            return False
        public.verify(signature, timestamp.encode("utf-8", "replace") + body, ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return _is_recent(timestamp, now, _RETRIED_WITHIN)


def is_signed(headers: Headers, body: bytes, key: str, now: datetime) -> bool:
    """The generic payload: `Digest-Signature: t=UNIXTIME,v1=HEX`."""
    fields = dict(part.strip().partition("=")[::2] for part in headers.get("digest-signature", "").split(","))
    timestamp = fields.get("t", "")
    expected = _hmac(key, timestamp.encode("utf-8", "replace") + b"." + body)
    return _is_recent(timestamp, now, _SIGNED_WITHIN) and _same(fields.get("v1", ""), expected)


def _is_recent(timestamp: str, now: datetime, within: timedelta) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    moment = from_epoch(int(timestamp))
    return moment is not None and abs(now - moment) <= within


def _hmac(key: str, message: bytes) -> str:
    """Return "", which equals nothing, without a key: anybody can sign with none."""
    return key and hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def _same(claim: str, expected: str) -> bool:
    """Compare in constant time. Nothing equals an empty text."""
    return bool(expected) and hmac.compare_digest(claim.encode("utf-8", "replace"), expected.encode())
