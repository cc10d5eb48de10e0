"""Look for what is wrong, and notify of it: by mail and by the webhook."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.errors import BusyError, DigestError
from digest.mail.message.notice import Notice
from digest.model.alert import Alert, AlertRecord
from digest.settings import Settings
from digest.settings.field_types import is_safe_url
from digest.steps.alert_channels import has_webhook, recipients, webhook_url
from digest.steps.alerting.find import find_alerts
from digest.steps.alerting.message import subject, text, webhook_body
from digest.steps.alerting.plan import is_open, is_worth_keeping, mark_notified, message_for, remember
from digest.steps.alerting.web_request import ask
from digest.steps.alerting.working_days import works
from digest.steps.context import Context
from digest.steps.lease import hold
from digest.steps.mail_setup import hasher_of
from digest.steps.send_notice import send_notice
from digest.store import alerts

LOG = logging.getLogger(__name__)

_WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class AlertReport:
    """`digest alerts`."""

    alerts: tuple[AlertRecord, ...]  # what is wrong now
    sent: int = 0  # messages
    failures: tuple[str, ...] = ()  # why a channel got nothing, without an address
    busy: bool = False  # another program is at it: this one has sent nothing


@dataclass(frozen=True, slots=True)
class _Channel:
    """The webhook, or one address."""

    name: str  # in the store
    address: str = ""


def check_alerts(context: Context) -> AlertReport:
    """Look for what is wrong, remember it, and send each channel what it has not heard.

    What a channel does not take is sent at the next look. Of programs that look at once, one sends.
    """
    now = context.clock()
    current = find_alerts(context)
    rows = _remembered(context, current, now)
    if not rows:  # as most of the time: nothing is written
        return AlertReport(())
    try:
        with hold(context.store, "alerts", clock=context.clock):
            # Read again: another program may have sent it meanwhile.
            return _notify_all(context, _remembered(context, current, now), now)
    except BusyError:
        return AlertReport(_standing(rows, now), busy=True)


def _remembered(context: Context, current: list[Alert], now: datetime) -> list[AlertRecord]:
    with context.store.reading() as connection:
        records = alerts.all_of(connection)
    return remember(current, records, now)


def _standing(rows: Sequence[AlertRecord], now: datetime) -> tuple[AlertRecord, ...]:
    return tuple(row for row in rows if is_open(row, now))


def _notify_all(context: Context, rows: list[AlertRecord], now: datetime) -> AlertReport:
    number, failures, channels = 0, list[str](), list(_channels(context.settings))
    on_working_day = works(context.settings, now)
    with context.store.writing() as connection:
        alerts.save(connection, rows)
    for channel in channels:
        message = message_for(rows, channel.name, now, works=on_working_day)
        if message is None:
            continue
        title = subject(context.settings.newsletter.title, message)
        words = text(message)
        if reason := _notify(context, channel, title, words):
            failures.append(reason)
            LOG.warning("%s", reason)
            continue
        number += 1
        rows = mark_notified(rows, message, channel.name, now)
        with context.store.writing() as connection:  # before the next one: a killed run sends nothing twice
            alerts.save(connection, rows)
    names = [channel.name for channel in channels]
    with context.store.writing() as connection:
        for row in rows:
            if not is_worth_keeping(row, names, now):
                alerts.drop(connection, row.alert.key)
    return AlertReport(_standing(rows, now), number, tuple(failures))


def try_channels(context: Context) -> AlertReport:
    """Send a test to every channel, whatever is wrong."""
    newsletter = context.settings.newsletter
    title = f"{newsletter.title}: a test of alerts"
    words = "This is a test: nothing is wrong. Alerts of Digest come this way.\n"
    sent, failures = notify_everybody(context, title, words)
    return AlertReport((), sent, failures)


def notify_everybody(context: Context, title: str, words: str) -> tuple[int, tuple[str, ...]]:
    """Send a message to every channel, without store and key. Return how many took it, and why others did not."""
    settings = context.settings
    channels = [_Channel(_WEBHOOK)] if has_webhook(settings) else []
    channels += [_Channel("", address) for address in recipients(settings)]
    reasons = [_notify(context, channel, title, words) for channel in channels]
    failures = tuple(reason for reason in reasons if reason)
    return len(reasons) - len(failures), failures


def _channels(settings: Settings) -> Iterator[_Channel]:
    """The webhook first: it takes ten seconds at most, and a mail server that is down may take minutes."""
    if has_webhook(settings):
        yield _Channel(_WEBHOOK)
    hasher = hasher_of(settings)
    for address in recipients(settings):
        yield _Channel(hasher.hash(address.lower()), address)


def _notify(context: Context, channel: _Channel, title: str, words: str) -> str:
    """Send a message to one channel. Return why it was not taken; "" if it was."""
    try:
        if channel.address:
            send_notice(context, Notice(channel.address, title, words))
            return ""
        return post_to_webhook(context.settings, title, words)
    except DigestError as error:
        return f"An alert was not mailed: {error.what}" if channel.address else error.what


def post_to_webhook(settings: Settings, title: str, words: str) -> str:
    """Post one message to the webhook; return why it did not take it, "" if it did."""
    url = webhook_url(settings)
    if not is_safe_url(url):
        return "The webhook of [alerts] gets nothing: its address does not start with https://."
    reason = ask(url, user_agent=settings.user_agent, body=webhook_body(title, words))
    return f"The webhook of [alerts] did not take an alert: {reason}." if reason else ""
