"""SendGrid's Event Webhook, signed with ECDSA.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from pydantic import Field

from digest.mail.returned.parse_bounce import Kind
from digest.mail.returned.webhooks.reported_event import (
    Payload,
    ReportedEvent,
    event,
    from_epoch,
    parse_json,
    read_each,
    relevant,
)
from digest.mail.returned.webhooks.weigh_bounce import weigh

_OWN_LISTS = {  # why SendGrid itself did not send
    "bounced address": Kind.HARD,
    "invalid": Kind.HARD,
    "spam reporting address": Kind.COMPLAINT,
    "unsubscribed address": Kind.UNSUBSCRIBE,
}
_KINDS = {
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "group_unsubscribe": Kind.UNSUBSCRIBE,
    "deferred": Kind.DELAYED,
}


class _Event(Payload):
    event: str
    id: str = Field("", alias="sg_event_id")
    email: str = ""
    type: str = ""
    status: str = ""
    reason: str = ""
    response: str = ""
    message_id: str = Field("", alias="smtp-id")
    timestamp: float | None = None


def parse(body: bytes) -> list[ReportedEvent]:
    """Raises PayloadError."""
    return relevant(_event(one) for one in read_each(_Event, parse_json(body)))


def _event(one: _Event) -> ReportedEvent | None:
    kind = _kind(one)
    if kind is None or not one.id:
        return None
    words = one.reason or one.response
    at = from_epoch(one.timestamp)
    return event(kind, one.email, one.id, status=one.status, detail=words, message_id=one.message_id, at=at)


def _kind(one: _Event) -> Kind | None:
    if one.event == "bounce":
        return weigh(one.reason, permanent=one.type != "blocked", status=one.status)
    if one.event == "dropped":
        return _OWN_LISTS.get(one.reason.strip().lower())
    return _KINDS.get(one.event)
