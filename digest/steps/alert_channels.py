"""Whom alerts go to, and where the watchdog is."""

from __future__ import annotations

from digest.mailbox_syntax import split_mailbox
from digest.settings import Settings


def recipients(settings: Settings) -> list[str]:
    """Return the addresses that alerts are mailed to."""
    rows = settings.alerts.to or settings.newsletter.editors
    return list(dict.fromkeys(split_mailbox(row)[1] for row in rows))


def webhook_url(settings: Settings) -> str:
    """Return the webhook's address, a secret; "" for none. Raises SettingsError if its file cannot be read."""
    return settings.secrets.read("alerts_webhook_url") or settings.alerts.webhook_url


def has_webhook(settings: Settings) -> bool:
    """Whether one is set, also where its file cannot be read."""
    secrets = settings.secrets
    in_environment = secrets.alerts_webhook_url_file or secrets.alerts_webhook_url.get_secret_value()
    return bool(in_environment or settings.alerts.webhook_url)


def has_channel(settings: Settings) -> bool:
    """Whether anybody can be notified."""
    return has_webhook(settings) or bool(recipients(settings))


def heartbeat_url(settings: Settings) -> str:
    """Return the address of the outside watchdog, a secret; "" for none. Raises SettingsError as well."""
    return settings.secrets.read("alerts_heartbeat_url") or settings.alerts.heartbeat_url
