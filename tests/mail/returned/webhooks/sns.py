"""Amazon SNS for tests: a certificate of its own, and envelopes that it signs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

HOST = "sns.eu-west-1.amazonaws.com"
CERTIFICATE_URL = f"https://{HOST}/SimpleNotificationService-0123456789abcdef.pem"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
NOW = datetime(2019, 3, 25, 9, 12, tzinfo=UTC)


@dataclass
class Sns:
    name: str = "sns.amazonaws.com"
    valid_until: datetime = NOW + timedelta(days=300)
    key: RSAPrivateKey = field(default_factory=lambda: generate_private_key(65537, 2048))

    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        valid = builder.not_valid_before(NOW - timedelta(days=400)).not_valid_after(self.valid_until)
        return valid.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def notification(self, message: dict[str, Any], *, version: str = "2", **fields: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html"""
        envelope = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": json.dumps(message),
            "Timestamp": "2019-03-25T09:12:00.000Z",
            **fields,
        }
        return self._signed(envelope, ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"), version)

    def confirmation(self, *, url: str = "", **fields: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html"""
        envelope = {
            "Type": "SubscriptionConfirmation",
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "Token": "2336412f37",
            "TopicArn": TOPIC,
            "Message": "You have chosen to subscribe to the topic. To confirm, visit the SubscribeURL.",
            "SubscribeURL": url or f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
            "Timestamp": "2019-03-25T09:12:00.000Z",
            **fields,
        }
        keys = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        return self._signed(envelope, keys, "1")

    def _signed(self, envelope: dict[str, str], keys: tuple[str, ...], version: str) -> dict[str, str]:
        text = "".join(f"{key}\n{envelope[key]}\n" for key in keys if key in envelope)
        algorithm = SHA1() if version == "1" else SHA256()
        signature = base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), algorithm)).decode()
        return {**envelope, "SignatureVersion": version, "Signature": signature, "SigningCertURL": CERTIFICATE_URL}
