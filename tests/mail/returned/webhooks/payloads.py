"""Payloads as the providers document them, with addresses of our own."""

from __future__ import annotations

import json
from typing import Any

ADA = "ada@example.org"
UNKNOWN = "smtp; 550 5.1.1 <ada@example.org>: Recipient address rejected: User unknown"


def postmark(**fields: Any) -> bytes:
    """https://postmarkapp.com/developer/webhooks/bounce-webhook"""
    record = {
        "RecordType": "Bounce",
        "MessageStream": "broadcasts",
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "TypeCode": 1,
        "Name": "Hard bounce",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Description": "The server was unable to deliver your message.",
        "Details": UNKNOWN,
        "Email": ADA,
        "From": "digest@example.net",
        "BouncedAt": "2019-03-25T09:12:00Z",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "The Test Digest",
    }
    return json.dumps({**record, **fields}).encode()


def sendgrid(*events: dict[str, Any]) -> bytes:
    """https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""
    common = {"email": ADA, "timestamp": 1553505120, "smtp-id": "<one@example.net>", "sg_message_id": "14c5d75ce93"}
    return json.dumps([{**common, "sg_event_id": f"event-{at}", **one} for at, one in enumerate(events)]).encode()


def mailgun(signature: dict[str, str] | None = None, **fields: Any) -> bytes:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads"""
    data = {
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "recipient": ADA,
        "timestamp": 1553505120.0,
        "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "No such user", "description": ""},
        "message": {"headers": {"message-id": "one@example.net", "to": ADA}, "attachments": []},
    }
    signed = signature or {"timestamp": "1553505120", "token": "a" * 50, "signature": "0" * 64}
    return json.dumps({"signature": signed, "event-data": {**data, **fields}}).encode()


def brevo(**fields: Any) -> bytes:
    """https://developers.brevo.com/docs/transactional-webhooks"""
    event = {
        "event": "hard_bounce",
        "email": ADA,
        "id": 26224,
        "date": "2019-03-25 10:12:00",
        "ts": 1553505120,
        "message-id": "<one@example.net>",
        "ts_event": 1553505120,
        "subject": "The Test Digest",
        "sending_ip": "192.0.2.7",
        "reason": "550 5.1.1 User unknown",
    }
    return json.dumps({**event, **fields}).encode()


def generic(*events: dict[str, Any]) -> bytes:
    common = {"type": "bounce", "address": ADA, "reply": "550 5.1.1 No such user", "permanent": True}
    return json.dumps({"events": [{"id": f"event-{at}", **common, **one} for at, one in enumerate(events)]}).encode()


def ses(what: str = "Bounce", **fields: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html"""
    parts: dict[str, Any] = {
        "Bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {"emailAddress": ADA, "status": "5.1.1", "action": "failed", "diagnosticCode": UNKNOWN}
            ],
            "timestamp": "2019-03-25T09:12:00.000Z",
            "feedbackId": "0100016a-bounce",
            "reportingMTA": "dns; email.example.com",
        },
        "Complaint": {
            "complainedRecipients": [{"emailAddress": ADA}],
            "timestamp": "2019-03-25T09:12:00.000Z",
            "feedbackId": "0100016a-complaint",
            "complaintFeedbackType": "abuse",
        },
    }
    part = {**parts.get(what, {}), **fields}
    mail = {
        "messageId": "0000014644fe5ef6",
        "destination": [ADA],
        "commonHeaders": {"messageId": "<one@example.net>", "subject": "The Test Digest"},
    }
    return {"notificationType": what, what.lower(): part, "mail": mail}
