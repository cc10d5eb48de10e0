"""Brevo's transactional webhooks.

https://developers.brevo.com/docs/transactional-webhooks
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

_KINDS = {
    "spam": Kind.COMPLAINT,
    "complaint": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
    "deferred": Kind.DELAYED,
}
_PERMANENT, _TEMPORARY = ("hardbounce", "invalidemail", "invalid"), ("softbounce", "blocked")


class _Event(Payload):
    event: str
    email: str = ""
    reason: str = ""
    message_id: str = Field("", alias="message-id")
    timestamp: float | None = Field(None, alias="ts_event")


def parse(body: bytes) -> list[ReportedEvent]:
    """One event, or a batch of them in a list. Raises PayloadError."""
    content = parse_json(body)
    items = content if isinstance(content, list) else [content]
    return relevant(_event(one) for one in read_each(_Event, items))


def _event(one: _Event) -> ReportedEvent | None:
    name = one.event.lower().replace("_", "").replace(" ", "")
    kind = _kind(name, one.reason)
    if kind is None:
        return None
    # `id` in the payload is the webhook's, not the event's.
    identity = (name, one.message_id, one.email, one.timestamp)
    at = from_epoch(one.timestamp)
    return event(kind, one.email, *identity, detail=one.reason, message_id=one.message_id, at=at)


def _kind(name: str, reason: str) -> Kind | None:
    if name in (*_PERMANENT, *_TEMPORARY):
        return weigh(reason, permanent=name in _PERMANENT)
    return _KINDS.get(name)
