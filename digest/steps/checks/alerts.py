"""Alerts: does anybody hear of what goes wrong?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.settings import Settings
from digest.settings.field_types import is_safe_url, is_web_address
from digest.steps.alert_channels import has_webhook, heartbeat_url, recipients, webhook_url
from digest.steps.checks.line import Line, error, good, warning
from digest.text import plural


def alerts(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Yield whom alerts go to. Neither of the two addresses is shown: they are secrets."""
    channels = []
    if number := len(recipients(settings)):
        channels.append(f"mailed to {plural(number, 'address', 'addresses')}")
    if has_webhook(settings):
        channels.append("posted to a webhook")
        if not is_safe_url(webhook_url(settings)):
            remedy = "Correct it in DIGEST_ALERTS_WEBHOOK_URL or [alerts]."
            yield error("alerts", "the webhook's address does not start with https://", remedy)
    watchdog = heartbeat_url(settings)
    if watchdog and not is_web_address(watchdog):
        remedy = "Correct it in DIGEST_ALERTS_HEARTBEAT_URL or [alerts]."
        yield error("alerts", "the watchdog's address is no web address", remedy)
    if not channels:
        remedy = "Set [newsletter] editors, or [alerts] to or webhook_url."
        yield warning("alerts", "nobody hears of what goes wrong", remedy)
        return
    heartbeat = "a watchdog gets a heartbeat" if watchdog else "no heartbeat_url: nobody notices that nothing runs"
    yield good("alerts", f"{', '.join(channels)}; {heartbeat}")
