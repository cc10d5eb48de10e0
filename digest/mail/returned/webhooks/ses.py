"""Amazon SES, which reports through SNS: the envelope that SNS signs, and SES's notification inside it.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from __future__ import annotations

from collections.abc import Iterator

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

_OWN_LISTS = ("Suppressed", "OnAccountSuppressionList")
_COMPLAINTS = ("", "abuse", "opt-out", "opt-out-list")
"""Feedback types (RFC 5965) by which a subscriber wants no more mail. SES often names none, but reports as a complaint
only what a mailbox provider called one."""


class Envelope(Payload):
    """What SNS sends: a notification, or the question whether we want to get any."""

    type: str = Field(alias="Type")
    message_id: str = Field(alias="MessageId")
    topic: str = Field(alias="TopicArn")
    message: str = Field(alias="Message")
    timestamp: str = Field(alias="Timestamp")
    signature: str = Field(alias="Signature")
    version: str = Field(alias="SignatureVersion")
    certificate_url: str = Field(alias="SigningCertURL")
    subject: str | None = Field(None, alias="Subject")
    token: str = Field("", alias="Token")
    subscribe_url: str = Field("", alias="SubscribeURL")


class _Recipient(Payload):
    address: str = Field("", alias="emailAddress")
    status: str = ""
    diagnostic: str = Field("", alias="diagnosticCode")


class _Bounce(Payload):
    type: str = Field("", alias="bounceType")
    subtype: str = Field("", alias="bounceSubType")
    recipients: list[_Recipient] = Field([], alias="bouncedRecipients")
    id: str = Field("", alias="feedbackId")
    timestamp: str = ""


class _Complaint(Payload):
    type: str = Field("", alias="complaintFeedbackType")
    recipients: list[_Recipient] = Field([], alias="complainedRecipients")
    id: str = Field("", alias="feedbackId")
    timestamp: str = ""


class _CommonHeaders(Payload):
    message_id: str = Field("", alias="messageId")


class _Mail(Payload):
    headers: _CommonHeaders | None = Field(None, alias="commonHeaders")


class _Notification(Payload):
    notification: str = Field("", alias="notificationType")
    published: str = Field("", alias="eventType")  # where a configuration set publishes events
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    mail: _Mail | None = None


def read_envelope(body: bytes) -> Envelope:
    """Raises PayloadError."""
    return read_one(Envelope, parse_json(body))


def parse(message: str | bytes) -> list[ReportedEvent]:
    """Read an envelope's `message`. Raises PayloadError."""
    notification = read_one(_Notification, parse_json(message))
    headers = notification.mail.headers if notification.mail else None
    return relevant(_events(notification, headers.message_id if headers else ""))


def _events(notification: _Notification, message_id: str) -> Iterator[ReportedEvent]:
    what = notification.notification or notification.published
    if what == "Bounce" and (bounce := notification.bounce):
        for one in bounce.recipients:
            yield event(
                _bounce_kind(bounce, one),
                one.address,
                bounce.id,
                one.address,
                status=one.status,
                detail=one.diagnostic or f"SES: {bounce.type}, {bounce.subtype}",
                message_id=message_id,
                at=from_iso(bounce.timestamp),
            )
    if what == "Complaint" and (complaint := notification.complaint):
        if complaint.type not in _COMPLAINTS or len(complaint.recipients) != 1:
            return  # SES names everybody at the provider who may have complained; our messages have one recipient
        one, at = complaint.recipients[0], from_iso(complaint.timestamp)
        words = complaint.type or "complaint"
        yield event(Kind.COMPLAINT, one.address, complaint.id, detail=words, message_id=message_id, at=at)


def _bounce_kind(bounce: _Bounce, recipient: _Recipient) -> Kind:
    if bounce.subtype in _OWN_LISTS:
        return Kind.HARD
    return weigh(recipient.diagnostic, permanent=bounce.type == "Permanent", status=recipient.status)
