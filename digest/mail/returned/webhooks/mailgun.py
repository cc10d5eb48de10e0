"""Mailgun's webhooks, each with a signature of its own.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads
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
    read_one,
    relevant,
)
from digest.mail.returned.webhooks.weigh_bounce import weigh

_OWN_LISTS = {  # why Mailgun itself did not send
    "suppress-bounce": Kind.HARD,
    "suppress-complaint": Kind.COMPLAINT,
    "suppress-unsubscribe": Kind.UNSUBSCRIBE,
}
_KINDS = {"complained": Kind.COMPLAINT, "unsubscribed": Kind.UNSUBSCRIBE}


class _Status(Payload):
    code: str = ""
    enhanced: str = Field("", alias="enhanced-code")
    message: str = ""
    description: str = ""


class _Headers(Payload):
    message_id: str = Field("", alias="message-id")


class _Message(Payload):
    headers: _Headers = _Headers()


class _Event(Payload):
    id: str = ""
    event: str = ""
    severity: str = ""
    reason: str = ""
    recipient: str = ""
    timestamp: float | None = None
    status: _Status = Field(_Status(), alias="delivery-status")
    message: _Message = _Message()


class _Signature(Payload):
    timestamp: str
    token: str
    signature: str


class _Body(Payload):
    signature: _Signature
    event: _Event = Field(alias="event-data")


def parse(body: bytes) -> list[ReportedEvent]:
    """Raises PayloadError."""
    return relevant([_event(read_one(_Body, parse_json(body)).event)])


def signature(body: bytes) -> tuple[str, str, str]:
    """The timestamp, token and signature in a body. Raises PayloadError."""
    signed = read_one(_Body, parse_json(body)).signature
    return signed.timestamp, signed.token, signed.signature


def _event(one: _Event) -> ReportedEvent | None:
    kind = _kind(one)
    if kind is None or not one.id:
        return None
    words = one.status.message or one.status.description or one.reason
    message_id, at = one.message.headers.message_id, from_epoch(one.timestamp)
    return event(kind, one.recipient, one.id, status=one.status.enhanced, detail=words, message_id=message_id, at=at)


def _kind(one: _Event) -> Kind | None:
    if one.event != "failed":
        return _KINDS.get(one.event)
    if one.reason in _OWN_LISTS:
        return _OWN_LISTS[one.reason]
    if one.severity != "permanent":
        return Kind.DELAYED
    words = f"{one.status.code} {one.status.message} {one.status.description}"
    return weigh(words, permanent=one.reason == "bounce", status=one.status.enhanced)
