"""The signature of Amazon SNS. Pure: the certificate is fetched elsewhere.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.oid import NameOID

from digest.mail.returned.webhooks.ses import Envelope

# A region and nothing else: sns.s3.amazonaws.com and sns.s3-eu-west-1.amazonaws.com are somebody's bucket.
_HOST = re.compile(r"sns\.([a-z]{2,4}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2})\.amazonaws\.com(?:\.cn)?", re.ASCII)
_CERTIFICATE = re.compile(r"/[A-Za-z0-9_-]{1,100}\.pem", re.ASCII)
_NAME = re.compile(r"sns(?:[.-][a-z0-9-]{1,40})*\.amazonaws\.com(?:\.cn)?", re.ASCII)
_HASHES = {"1": SHA1, "2": SHA256}
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def is_amazon(url: str) -> bool:
    """Whether an https URL leads to SNS itself, and nowhere else whatever its spelling."""
    return bool(_region(url))


def is_certificate_url(url: str, topic: str) -> bool:
    """Whether a certificate of SNS is there, in the region of the topic with this ARN, by the only URL that it has."""
    region = _region(url)
    if not region or topic.split(":")[3:4] != [region]:
        return False
    parts = urlsplit(url)
    return bool(_CERTIFICATE.fullmatch(parts.path)) and not parts.query and not parts.fragment


def _region(url: str) -> str:
    """Return whose SNS an https URL leads to; "" if it leads anywhere else."""
    try:
        parts = urlsplit(url)
        plain = parts.username is None and parts.port in (None, 443)
    except ValueError:
        return ""
    host = _HOST.fullmatch(parts.netloc.removesuffix(":443"))
    return host[1] if host and plain and parts.scheme == "https" else ""


def is_signed_by(envelope: Envelope, pem: bytes, now: datetime) -> bool:
    """Whether SNS signed the envelope with this certificate, and the certificate is SNS's own and valid at `now`."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key, algorithm = certificate.public_key(), _HASHES[envelope.version]
        if not isinstance(key, RSAPublicKey) or not _is_for_sns(certificate, now):
            return False
        signature = base64.b64decode(envelope.signature, validate=True)
        key.verify(signature, _signed_text(envelope), PKCS1v15(), algorithm())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, KeyError):
        return False
    return True


def _is_for_sns(certificate: x509.Certificate, now: datetime) -> bool:
    names = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return in_time and any(_NAME.fullmatch(name) for name in names)


def _signed_text(envelope: Envelope) -> bytes:
    """Each key and its value on a line of its own, sorted by key; a notification may have no subject."""
    keys = _NOTIFICATION if envelope.type == "Notification" else _CONFIRMATION
    values = envelope.model_dump(by_alias=True)
    return "".join(f"{key}\n{values[key]}\n" for key in keys if values[key] is not None).encode()
