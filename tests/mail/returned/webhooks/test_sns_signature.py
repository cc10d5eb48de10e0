"""Amazon's signature: only SNS's own certificate, valid now, over every field that is signed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.returned.webhooks import ses
from digest.mail.returned.webhooks.sns_signature import is_amazon, is_certificate_url, is_signed_by
from tests.mail.returned.webhooks import payloads
from tests.mail.returned.webhooks.sns import CERTIFICATE_URL, HOST, NOW, TOPIC, Sns


@pytest.fixture(scope="module")
def sns() -> Sns:
    return Sns()


def signed(sns: Sns, envelope: dict[str, str], pem: bytes = b"") -> bool:
    return is_signed_by(ses.read_envelope(json.dumps(envelope).encode()), pem or sns.certificate(), NOW)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("fields", [{}, {"Subject": "Amazon SES"}, {"Subject": ""}])
def test_own_signature_passes(sns: Sns, version: str, fields: dict[str, str]) -> None:
    assert signed(sns, sns.notification(payloads.ses(), version=version, **fields))
    assert signed(sns, sns.confirmation())


@pytest.mark.parametrize("key", ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Subject"])
def test_every_signed_field_counts(sns: Sns, key: str) -> None:
    envelope = sns.notification(payloads.ses(), Subject="Amazon SES")
    assert not signed(sns, {**envelope, key: envelope[key] + "x"})


def test_other_certificates_do_not_pass(sns: Sns) -> None:
    envelope = sns.notification(payloads.ses())
    assert not signed(sns, envelope, Sns().certificate()), "another key"
    assert not signed(sns, envelope, Sns("sns.amazonaws.com.example.org", key=sns.key).certificate())
    assert not signed(sns, envelope, Sns("example.org", key=sns.key).certificate())
    assert not signed(sns, envelope, Sns(valid_until=NOW - timedelta(days=1), key=sns.key).certificate())
    assert not signed(sns, envelope, b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    assert not signed(sns, {**envelope, "SignatureVersion": "3"})
    assert not signed(sns, {**envelope, "Signature": "***"})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (CERTIFICATE_URL, True),
        (f"https://{HOST}:443/a.pem", True),
        (f"https://{HOST}/a.pem?1", False),
        (f"https://{HOST}/a.pem#1", False),
        (f"https://{HOST}/a/b.pem", False),
        ("https://sns.us-east-1.amazonaws.com/a.pem", False),
        (f"http://{HOST}/a.pem", False),
        (f"https://{HOST}/a.txt", False),
        (f"https://{HOST}:8443/a.pem", False),
        (f"https://{HOST}@example.org/a.pem", False),
        (f"https://user@{HOST}/a.pem", False),
        (f"https://{HOST}.example.org/a.pem", False),
        (f"https://example.org/{HOST}/a.pem", False),
        (f"https://example.org#{HOST}/a.pem", False),
        ("https://bucket.s3.amazonaws.com/a.pem", False),
        ("https://sns.s3.amazonaws.com/a.pem", False),
        ("https://sns.s3-eu-west-1.amazonaws.com/a.pem", False),
        ("https://sns.s3-accelerate.amazonaws.com/a.pem", False),
        ("https://sns.eu-west-1.amazonaws.com\\@example.org/a.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:bad/a.pem", False),
        ("https://[::1/a.pem", False),
        ("", False),
    ],
)
def test_certificates_come_from_amazon_only(url: str, expected: bool) -> None:
    assert is_certificate_url(url, TOPIC) is expected


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-3", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1"])
def test_every_region_has_its_own_certificate(region: str) -> None:
    host = f"sns.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")
    url = f"https://{host}/SimpleNotificationService-01ab.pem"
    assert is_certificate_url(url, f"arn:aws:sns:{region}:123456789012:bounces")
    assert not is_certificate_url(url, TOPIC)
    assert is_amazon(f"https://{host}/?Action=ConfirmSubscription")


@pytest.mark.parametrize("service", ["s3", "s3-eu-west-1", "s3-accelerate", "elb", "eu-west-1.elb", "eu-west-1.s3", ""])
def test_names_that_others_may_take_at_amazon_are_not_sns(service: str) -> None:
    assert not is_amazon(f"https://sns.{service}.amazonaws.com/")


@given(st.text(max_size=60))
def test_any_url_is_tolerated(text: str) -> None:
    assert is_amazon(text) is False
    assert is_amazon(f"https://sns.{text}.amazonaws.com.example.org/") is False
