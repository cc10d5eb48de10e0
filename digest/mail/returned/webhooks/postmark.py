"""Postmark's webhooks for bounces, spam complaints and subscription changes.

https://postmarkapp.com/developer/webhooks/bounce-webhook
"""

from __future__ import annotations

from pydantic import Field

from digest.mail.returned.parse_bounce import Kind
from digest.mail.returned.webhooks.reported_event import (
    Payload,
    ReportedEvent,
    event,
    from_iso,
    parse_json,
    read_one,
    relevant,
)
from digest.mail.returned.webhooks.weigh_bounce import weigh

_PERMANENT = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")
_TEMPORARY = ("SoftBounce", "DnsError", "SpamNotification", "VirusNotification", "Blocked", "DMARCPolicy", "Unknown")


class _Record(Payload):
    record: str = Field("Bounce", alias="RecordType")
    id: str = Field("", alias="ID")
    type: str = Field("", alias="Type")
    email: str = Field("", alias="Email")
    recipient: str = Field("", alias="Recipient")
    description: str = Field("", alias="Description")
    details: str = Field("", alias="Details")
    bounced_at: str = Field("", alias="BouncedAt")
    changed_at: str = Field("", alias="ChangedAt")
    suppress: bool = Field(False, alias="SuppressSending")
    reason: str = Field("", alias="SuppressionReason")
    origin: str = Field("", alias="Origin")  # who suppressed: "Recipient", "Customer" (us) or "Admin" (Postmark)


def parse(body: bytes) -> list[ReportedEvent]:
    """Raises PayloadError."""
    record = read_one(_Record, parse_json(body))
    return relevant([_change(record) if record.record == "SubscriptionChange" else _bounce(record)])


def _bounce(record: _Record) -> ReportedEvent | None:
    kind = _kind(record)
    if kind is None or not record.id:
        return None
    words = record.details or record.description
    return event(kind, record.email, record.record, record.id, detail=words, at=from_iso(record.bounced_at))


def _kind(record: _Record) -> Kind | None:
    if record.record == "SpamComplaint" or record.type == "SpamComplaint":
        return Kind.COMPLAINT
    if record.record != "Bounce":
        return None
    if record.type == "Unsubscribe":
        return Kind.UNSUBSCRIBE
    if record.type == "Transient":
        return Kind.DELAYED
    if record.type in (*_PERMANENT, *_TEMPORARY):
        return weigh(record.details, permanent=record.type in _PERMANENT)
    return None


def _change(record: _Record) -> ReportedEvent | None:
    kinds = {"HardBounce": Kind.HARD, "SpamComplaint": Kind.COMPLAINT, "ManualSuppression": Kind.UNSUBSCRIBE}
    kind = kinds.get(record.reason)
    if kind is None or not record.suppress:
        return None
    if kind is Kind.UNSUBSCRIBE and record.origin not in ("", "Recipient"):
        return None  # only subscribers themselves unsubscribe: nobody else could take it back
    words = f"Postmark suppresses this address: {record.reason}"
    return event(kind, record.recipient, "change", record.recipient, record.changed_at, detail=words)
