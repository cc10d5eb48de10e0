"""Who may report: each provider's own proof, and what does not pass for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.mail.returned.webhooks import authenticity
from tests.mail.returned.webhooks import payloads

NOW = datetime(2019, 3, 25, 9, 12, tzinfo=UTC)
SECRET = "an-hourglass-of-sand"
BODY = payloads.sendgrid({"event": "spamreport"})


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (basic(f"postmark:{SECRET}"), True),
        (basic(f":{SECRET}"), True),
        (f"Bearer {SECRET}", True),
        (f"bearer  {SECRET}", True),
        (basic("postmark:wrong"), False),
        (basic(SECRET), False),
        (basic("postmark:"), False),
        (f"Digest {SECRET}", False),
        (SECRET, False),
        ("Basic ***", False),
        ("Basic \xe9\xe9", False),
        ("Bearer", False),
        ("", False),
    ],
)
def test_password(header: str, expected: bool) -> None:
    assert authenticity.has_password({"authorization": header}, SECRET) is expected
    assert authenticity.has_password({"authorization": header}, "") is False


def mailgun_signature(secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    timestamp, token = str(int(at.timestamp())), "c" * 50
    digest = hmac.new(secret.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": digest}


def test_mailgun() -> None:
    signature = mailgun_signature()
    assert authenticity.is_from_mailgun(payloads.mailgun(signature), SECRET, NOW)
    assert not authenticity.is_from_mailgun(payloads.mailgun(signature), "another", NOW)
    assert not authenticity.is_from_mailgun(payloads.mailgun(mailgun_signature("")), "", NOW)
    assert not authenticity.is_from_mailgun(payloads.mailgun({**signature, "token": "d" * 50}), SECRET, NOW)
    assert not authenticity.is_from_mailgun(payloads.mailgun(signature), SECRET, NOW + timedelta(days=3))
    assert not authenticity.is_from_mailgun(payloads.mailgun({**signature, "timestamp": "\ud800"}), SECRET, NOW)
    assert not authenticity.is_from_mailgun(b"{}", SECRET, NOW)


def test_sendgrid() -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()

    def headers(signer: ec.EllipticCurvePrivateKey = key, timestamp: str = "1553505120") -> dict[str, str]:
        signature = signer.sign(timestamp.encode() + BODY, ec.ECDSA(SHA256()))
        name = "x-twilio-email-event-webhook"
        return {f"{name}-signature": base64.b64encode(signature).decode(), f"{name}-timestamp": timestamp}

    assert authenticity.is_from_sendgrid(headers(), BODY, public, NOW)
    assert not authenticity.is_from_sendgrid(headers(other), BODY, public, NOW)
    assert not authenticity.is_from_sendgrid(headers(), BODY + b" ", public, NOW)
    assert not authenticity.is_from_sendgrid(headers(), BODY, public, NOW + timedelta(days=3))
    assert not authenticity.is_from_sendgrid(headers(timestamp="soon"), BODY, public, NOW)
    assert not authenticity.is_from_sendgrid({}, BODY, public, NOW)
    assert not authenticity.is_from_sendgrid(headers(), BODY, "not a key", NOW)
    of_rsa = rsa.generate_private_key(65537, 2048).public_key()
    der = base64.b64encode(of_rsa.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    assert not authenticity.is_from_sendgrid(headers(), BODY, der, NOW)


def test_generic() -> None:
    def header(secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
        timestamp = str(int(at.timestamp()))
        digest = hmac.new(secret.encode(), timestamp.encode() + b"." + BODY, hashlib.sha256).hexdigest()
        return {"digest-signature": f"t={timestamp}, v1={digest}"}

    assert authenticity.is_signed(header(), BODY, SECRET, NOW)
    assert authenticity.is_signed(header(at=NOW - timedelta(minutes=4)), BODY, SECRET, NOW)
    assert not authenticity.is_signed(header(at=NOW - timedelta(minutes=6)), BODY, SECRET, NOW)
    assert not authenticity.is_signed(header(at=NOW + timedelta(minutes=6)), BODY, SECRET, NOW)
    assert not authenticity.is_signed(header("another"), BODY, SECRET, NOW)
    assert not authenticity.is_signed(header(""), BODY, "", NOW)
    assert not authenticity.is_signed(header(), b"[]", SECRET, NOW)
    for broken in ("", "t=,v1=", "v1=00", "t=²,v1=00", "t=99999999999999999999,v1=00", "t=1,v1=é"):
        assert not authenticity.is_signed({"digest-signature": broken}, BODY, SECRET, NOW)
