"""`POST /bounces/PROVIDER` over real sockets: what a provider reports, and what anybody else claims."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from digest.model import EffectiveStatus
from digest.settings import Secrets, load_settings
from digest.steps.context import Context
from digest.steps.subscribers import operator_actions
from digest.store.engine import Store
from digest.web.public.bounce_webhooks import MOST_BYTES
from digest.web.public.serve import PublicServer
from tests.loopback import NO_CERTIFICATES
from tests.mail.returned.webhooks import payloads
from tests.mail.returned.webhooks.sns import CERTIFICATE_URL, HOST, NOW, TOPIC, Sns
from tests.web.public.reported_newsletter import SECRET, Newsletter, basic, eventually
from tests.web.public_server import serving_pages
from tests.web_of_feeds import Reply as WebReply


@pytest.fixture
def newsletter(tmp_path: Path, store: Store) -> Iterator[Newsletter]:
    with ExitStack() as stack:
        yield Newsletter(tmp_path, store, stack)


def test_each_provider_s_hard_bounce_suppresses(newsletter: Newsletter) -> None:
    addresses = ["p@example.org", "m@example.org", "b@example.org", "j@example.org", "s@example.org"]
    newsletter.add(*addresses, *(f"other{number}@example.org" for number in range(200)))
    newsletter.sent()
    postmark, mailgun, brevo, generic, ses = addresses
    timestamp, token = str(int(NOW.timestamp())), "t" * 50
    signature = hmac.new(SECRET.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    notification = payloads.ses(bouncedRecipients=[{"emailAddress": ses, "status": "5.1.1"}])
    assert newsletter.post("postmark", payloads.postmark(Email=postmark), Authorization=basic()) == 200
    assert newsletter.post("mailgun", payloads.mailgun(signed, recipient=mailgun)) == 200
    assert newsletter.post("brevo", payloads.brevo(email=brevo), Authorization=f"Bearer {SECRET}") == 200
    assert newsletter.post_json({"address": generic}) == 200
    assert newsletter.post("ses", json.dumps(newsletter.sns.notification(notification)).encode()) == 200
    for address in addresses:
        assert newsletter.becomes(EffectiveStatus.SUPPRESSED, address), address
    assert newsletter.status() is EffectiveStatus.ACTIVE


def test_whoever_proves_nothing_changes_nothing(newsletter: Newsletter) -> None:
    newsletter.sent()
    other = Sns()
    complaint = payloads.postmark(RecordType="SpamComplaint", Type="SpamComplaint")
    assert newsletter.post("postmark", complaint) == 403
    assert newsletter.post("postmark", complaint, Authorization=basic("wrong")) == 403
    assert newsletter.post("brevo", payloads.brevo(event="spam"), Authorization=basic("")) == 403
    assert newsletter.post("mailgun", payloads.mailgun(event="complained")) == 403
    assert newsletter.post_json({"type": "complaint"}, secret="another") == 403
    assert newsletter.post("sendgrid", payloads.sendgrid({"event": "spamreport"})) == 503, "it has no key"
    assert newsletter.post("elsewhere", b"{}") == 404
    notification = payloads.ses("Complaint")
    assert newsletter.post("ses", json.dumps(other.notification(notification)).encode()) == 403
    foreign = newsletter.sns.notification(notification, TopicArn=TOPIC.replace("123456789012", "210987654321"))
    assert newsletter.post("ses", json.dumps(foreign).encode()) == 403, "a topic of somebody else's"
    elsewhere = {**newsletter.sns.notification(notification), "SigningCertURL": "https://example.org/a.pem"}
    assert newsletter.post("ses", json.dumps(elsewhere).encode()) == 403
    assert newsletter.status() is EffectiveStatus.ACTIVE
    assert {visit.path for visit in newsletter.amazon.visits()} <= {CERTIFICATE_URL.partition(HOST)[2]}


def test_bodies_that_cannot_be_read(newsletter: Newsletter) -> None:
    assert newsletter.post("postmark", b"[[[", Authorization=basic()) == 400
    assert newsletter.post("brevo", b"[" * 10_000, Authorization=basic()) == 400
    assert newsletter.post("ses", b"\xff\xfe") == 400
    assert newsletter.post("postmark", b" " * (MOST_BYTES + 1), Authorization=basic()) == 413
    assert newsletter.post("postmark", payloads.postmark(Content="x" * 1_000_000), Authorization=basic()) == 200
    assert httpx.get(f"{newsletter.url}bounces/postmark", verify=NO_CERTIFICATES).status_code == 405


def test_the_path_behind_a_proxy_has_the_same_limits(newsletter: Newsletter) -> None:
    large = payloads.postmark(Content="x" * 1_000_000)
    assert newsletter.post("postmark", large, prefix="news/", Authorization=basic()) == 200
    assert httpx.post(f"{newsletter.url}subscribe", content=b"x" * 30_000, verify=NO_CERTIFICATES).status_code == 413


def test_an_event_that_comes_again_counts_once(newsletter: Newsletter) -> None:
    newsletter.sent()
    for _ in range(5):
        assert newsletter.post_json({"reply": "452 4.2.2 Mailbox full", "permanent": False}) == 200
    assert newsletter.post_json({"type": "unsubscribe", "id": "gone"}) == 200
    assert newsletter.becomes(EffectiveStatus.LEFT)

    def events() -> list[str]:
        return [line.what for line in operator_actions.history(newsletter.context, "ada@example.org")]

    assert events().count("unsubscribed") == 1
    assert eventually(lambda: events().count("soft bounce") == 1)


def test_complaints_suppress_and_name_where_they_came_from(newsletter: Newsletter) -> None:
    newsletter.sent()
    body = json.dumps(newsletter.sns.notification(payloads.ses("Complaint"), version="1")).encode()
    assert newsletter.post("ses", body) == 200
    assert newsletter.status() is EffectiveStatus.SUPPRESSED
    assert "webhook of ses" in {line.origin for line in operator_actions.history(newsletter.context, "ada@example.org")}


def test_many_alike_are_put_on_hold(newsletter: Newsletter) -> None:
    addresses = [f"reader{number}@example.org" for number in range(60)]
    newsletter.add(*addresses)
    newsletter.sent()
    assert newsletter.post_json(*({"address": address, "id": address} for address in addresses)) == 200
    assert eventually(lambda: newsletter.on_hold() == len(addresses))
    assert {newsletter.status(address) for address in addresses} == {EffectiveStatus.ACTIVE}


def test_sns_subscription_is_confirmed_once_it_is_proven(newsletter: Newsletter) -> None:
    forged = Sns().confirmation()
    assert newsletter.post("ses", json.dumps(forged).encode()) == 403
    elsewhere = newsletter.sns.confirmation(url="https://example.org/?Action=ConfirmSubscription")
    assert newsletter.post("ses", json.dumps(elsewhere).encode()) == 403
    assert not newsletter.amazon.visits("/")
    assert newsletter.post("ses", json.dumps(newsletter.sns.confirmation()).encode()) == 200
    (visit,) = newsletter.amazon.visits("/")
    assert "Action=ConfirmSubscription" in visit.target
    assert len(newsletter.amazon.visits(CERTIFICATE_URL.partition(HOST)[2])) == 1, "the certificate is remembered"


def test_a_certificate_that_cannot_be_had(newsletter: Newsletter) -> None:
    path = CERTIFICATE_URL.partition(HOST)[2]
    newsletter.amazon.say(path, WebReply(status=500), WebReply(newsletter.sns.certificate()))
    body = json.dumps(newsletter.sns.notification(payloads.ses("Complaint"))).encode()
    assert newsletter.post("ses", body) == 503, "SNS tries again"
    assert newsletter.post("ses", body) == 503
    assert len(newsletter.amazon.visits(path)) == 1, "strangers cannot make us ask again and again"
    assert newsletter.status() is EffectiveStatus.ACTIVE


def test_a_provider_that_is_not_named_is_not_answered(tmp_path: Path, store: Store) -> None:
    (tmp_path / "digest.toml").write_text('[newsletter]\ntitle = "T"\nfrom = "d@example.net"\n', "utf-8")
    settings = load_settings(tmp_path / "digest.toml", Secrets(webhook_postmark=SECRET))
    context = Context(settings, store, lambda: NOW)
    pages = PublicServer(context, port=0)
    with serving_pages(pages):
        response = httpx.post(f"{pages.url}bounces/postmark", content=payloads.postmark(), verify=NO_CERTIFICATES)
    assert response.status_code == 404
