"""Digest's own payload, for providers that we do not know and for scripts. docs/webhooks.md describes it.

{"events": [{"id": "…", "type": "bounce", "address": "…", "reply": "550 5.1.1 …", "permanent": true,
             "message_id": "<…>", "at": "2026-03-02T09:00:00Z"}]}
"""

from __future__ import annotations

from typing import Any

from digest.mail.returned.parse_bounce import Kind
from digest.mail.returned.webhooks.reported_event import (
    Payload,
    ReportedEvent,
    event,
    from_iso,
    parse_json,
    read_each,
    read_one,
    relevant,
)
from digest.mail.returned.webhooks.weigh_bounce import weigh

_KINDS = {"complaint": Kind.COMPLAINT, "unsubscribe": Kind.UNSUBSCRIBE, "delay": Kind.DELAYED}


class _Event(Payload):
    id: str
    type: str
    address: str
    reply: str = ""
    permanent: bool = False
    message_id: str = ""
    at: str = ""


class _Body(Payload):
    events: list[Any]


def parse(body: bytes) -> list[ReportedEvent]:
    """Raises PayloadError."""
    return relevant(_event(one) for one in read_each(_Event, read_one(_Body, parse_json(body)).events))


def _event(one: _Event) -> ReportedEvent | None:
    kind = weigh(one.reply, permanent=one.permanent) if one.type == "bounce" else _KINDS.get(one.type)
    if kind is None:
        return None
    return event(kind, one.address, one.id, detail=one.reply, message_id=one.message_id, at=from_iso(one.at))
