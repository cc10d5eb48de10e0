"""The settings: what is missing in them, and what they should not be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.settings import Settings
from digest.steps.checks.line import Line, error, good, warning
from digest.steps.mail_setup import is_loopback
from digest.steps.subscribers.webhooks.read_request import SECRETS
from digest.text import plural

_SHORTEST_PASSWORD = 16  # characters of a password that somebody made up for a webhook


def advice(settings: Settings, _now: datetime) -> Iterator[Line]:
    """What a newsletter should have, and this one lacks."""
    yield good(
        "settings",
        f"{settings.path}: {plural(len(settings.sources), 'source')}, {plural(len(settings.themes), 'theme')}",
    )
    newsletter = settings.newsletter
    if not settings.sources:
        yield error("sources", "no [[sources]]: there is nothing to collect", "Add feeds to digest.toml.")
    if not newsletter.public_url:
        yield warning(
            "public_url",
            "not set: subscribers can unsubscribe by mail only",
            "Serve `digest public` behind https and set [newsletter] public_url.",
        )
    if settings.design.images and not newsletter.public_url:
        yield error(
            "images",
            "[design] images is true, but without [newsletter] public_url there is no place to show pictures from",
            "Serve `digest public` behind https and set public_url, or set images to false.",
        )
    if not newsletter.postal_address:
        yield warning(
            "postal_address",
            "not set",
            "Many countries' laws require one: set [newsletter] postal_address.",
        )
    if newsletter.from_domain.endswith(("example.org", "example.com", "example.net")):
        yield warning("from", f"{newsletter.from_} is an example address", "Set [newsletter] from.")


def unencrypted(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Warn of mail that leaves this machine as it is: addresses and unsubscribe links could be read on the way."""
    smtp = settings.smtp
    if smtp.security != "none":
        return
    for host in (smtp.host, *(one.rpartition(":")[0] for one in smtp.fallbacks)):
        if not is_loopback(host):
            yield warning(
                "security",
                f'[smtp] security is "none": mail to {host} is not encrypted',
                'Set it to "starttls" (port 587 or 25) or "tls" (port 465).',
            )


def webhooks(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Providers' reports: is there a secret for each, and can they reach us?"""
    for provider in settings.bounces.webhooks:
        secret = SECRETS.get(provider)
        variable = f"DIGEST_{secret.upper()}" if secret else ""
        value = settings.secrets.read(secret) if secret else ""
        if secret and not value:
            what = f"{provider}: {variable} is not set: its reports are refused"
            yield error("webhooks", what, f"Set {variable} to what docs/webhooks.md says.")
        elif secret and len(value) < _SHORTEST_PASSWORD:
            what = f"{provider}: {variable} has only {len(value)} characters: whoever guesses it can suppress anybody"
            yield warning("webhooks", what, "Make up another one: `openssl rand -hex 32`.")
        elif not settings.newsletter.public_url:
            what = f"{provider}: [newsletter] public_url is not set: it cannot reach `digest public`"
            yield warning("webhooks", what, "Serve `digest public` behind https and set public_url.")
        else:
            yield good("webhooks", f"{provider} reports to {settings.newsletter.public_url}/bounces/{provider}")
