"""From a provider's request to its events: who sent it is proven before a word of it is believed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.mail.returned.webhooks import authenticity, brevo, generic_json, mailgun, postmark, sendgrid, ses
from digest.mail.returned.webhooks.authenticity import Headers
from digest.mail.returned.webhooks.reported_event import PayloadError, ReportedEvent
from digest.mail.returned.webhooks.sns_signature import is_amazon, is_certificate_url, is_signed_by
from digest.settings import SecretName, Settings
from digest.steps.subscribers.webhooks.sns_certificates import Fetch, SnsCertificates

LOG = logging.getLogger(__name__)


class Refusal(StrEnum):
    """Why a request is not acted on."""

    DISABLED = "[bounces] webhooks does not name this provider"
    WITHOUT_SECRET = "the secret that this provider proves itself with is not set"  # noqa: S105 -- a sentence
    NOT_AUTHENTIC = "the request does not prove that it comes from the provider"
    MALFORMED = "the body is not what the provider documents"
    UNVERIFIABLE = "the certificate of Amazon SNS cannot be fetched now"


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    provider: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class _Provider:
    secret: SecretName
    parse: Callable[[bytes], list[ReportedEvent]]
    is_authentic: Callable[[WebhookRequest, str, datetime], bool]


def _has_password(request: WebhookRequest, secret: str, _now: datetime) -> bool:
    return authenticity.has_password(request.headers, secret)


_PROVIDERS = {
    "postmark": _Provider("webhook_postmark", postmark.parse, _has_password),
    "brevo": _Provider("webhook_brevo", brevo.parse, _has_password),
    "mailgun": _Provider(
        "webhook_mailgun", mailgun.parse, lambda one, secret, now: authenticity.is_from_mailgun(one.body, secret, now)
    ),
    "sendgrid": _Provider(
        "webhook_sendgrid",
        sendgrid.parse,
        lambda one, secret, now: authenticity.is_from_sendgrid(one.headers, one.body, secret, now),
    ),
    "json": _Provider(
        "webhook_json",
        generic_json.parse,
        lambda one, secret, now: authenticity.is_signed(one.headers, one.body, secret, now),
    ),
}
SECRETS = {name: provider.secret for name, provider in _PROVIDERS.items()}
"""The secret that each provider proves itself with. Amazon SES needs none."""


class RequestReader:
    """Reads the requests of one newsletter's providers. `fetch` gets what Amazon SNS has at a URL."""

    def __init__(self, settings: Settings, fetch: Fetch) -> None:
        self._settings = settings
        self._fetch = fetch
        self._certificates = SnsCertificates(fetch)

    def takes(self, provider: str) -> bool:
        """Whether the settings name this provider."""
        return provider in self._settings.bounces.webhooks

    def read(self, request: WebhookRequest, now: datetime) -> list[ReportedEvent] | Refusal:
        """Return the events of a provider that the settings name, or why the request is refused. Blocks while a
        certificate is fetched."""
        try:
            return self._read_sns(request, now) if request.provider == "ses" else self._read_other(request, now)
        except PayloadError:
            return Refusal.MALFORMED

    def _read_other(self, request: WebhookRequest, now: datetime) -> list[ReportedEvent] | Refusal:
        provider = _PROVIDERS[request.provider]
        secret = self._settings.secrets.read(provider.secret)
        if not secret:
            return Refusal.WITHOUT_SECRET
        if not provider.is_authentic(request, secret, now):
            return Refusal.NOT_AUTHENTIC
        return provider.parse(request.body)

    def _read_sns(self, request: WebhookRequest, now: datetime) -> list[ReportedEvent] | Refusal:
        envelope = ses.read_envelope(request.body)
        # Anybody with an AWS account has a topic that SNS signs for.
        is_ours = envelope.topic in self._settings.bounces.sns_topics
        if not is_ours or not is_certificate_url(envelope.certificate_url, envelope.topic):
            return Refusal.NOT_AUTHENTIC
        certificate = self._certificates.get(envelope.certificate_url)
        if certificate is None:
            return Refusal.UNVERIFIABLE
        if not is_signed_by(envelope, certificate, now):
            return Refusal.NOT_AUTHENTIC
        if envelope.type == "Notification":
            return _notified(envelope.message)
        if envelope.type == "SubscriptionConfirmation":
            return self._confirm(envelope)
        LOG.warning("Amazon SNS ended its subscription: bounces and complaints no longer come by webhook.")
        return []

    def _confirm(self, envelope: ses.Envelope) -> list[ReportedEvent] | Refusal:
        if not is_amazon(envelope.subscribe_url):
            return Refusal.NOT_AUTHENTIC
        if self._fetch(envelope.subscribe_url) is None:
            return Refusal.UNVERIFIABLE
        LOG.info("The subscription to the topic of Amazon SNS is confirmed.")
        return []


def _notified(message: str) -> list[ReportedEvent]:
    """Read what our topic says. SES also writes there in plain words, when an event destination is set up."""
    try:
        return ses.parse(message)
    except PayloadError:
        LOG.info("Amazon SNS sent a message that is none of SES's events: ignored.")
        return []
