"""What each provider's payload says, and that no payload of anybody makes a reader fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.returned.parse_bounce import Kind
from digest.mail.returned.webhooks import brevo, generic_json, mailgun, postmark, sendgrid, ses
from digest.mail.returned.webhooks.reported_event import MOST_EVENTS, PayloadError, ReportedEvent
from tests.mail.returned.webhooks import payloads

FULL = "552 5.2.2 Mailbox full"
BLOCKED = "550 5.7.1 Message blocked: listed at a block list"


def kinds(events: list[ReportedEvent]) -> list[Kind]:
    return [one.kind for one in events]


def test_postmark_bounce_is_read_whole() -> None:
    (one,) = postmark.parse(payloads.postmark())
    assert (one.kind, one.address) == (Kind.HARD, "ada@example.org")
    assert one.at == datetime(2019, 3, 25, 9, 12, tzinfo=UTC)
    assert "5.1.1" in one.detail
    assert "ada@" not in one.detail


@pytest.mark.parametrize(
    "details",
    [
        "550 5.1.1 ada%40example.org unknown",
        "550 5.1.1 ada\uff20example.org unknown",
        "550 5.1.1 " + "ada@example.org " * 500,
    ],
)
def test_no_spelling_or_half_of_an_address_is_kept(details: str) -> None:
    (one,) = postmark.parse(payloads.postmark(Details=details))
    assert one.kind is Kind.HARD
    assert "ada" not in one.detail


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Type": "SoftBounce", "Details": FULL}, [Kind.SOFT]),
        ({"Details": FULL}, [Kind.SOFT]),
        ({"Details": BLOCKED}, [Kind.SOFT]),
        ({"Details": ""}, [Kind.HARD]),
        ({"Type": "Blocked", "Details": BLOCKED}, [Kind.SOFT]),
        ({"Type": "Transient"}, [Kind.DELAYED]),
        ({"Type": "BadEmailAddress", "Details": ""}, [Kind.HARD]),
        ({"Type": "AutoResponder"}, []),
        ({"Type": "Subscribe"}, []),
        ({"Type": "Unsubscribe"}, [Kind.UNSUBSCRIBE]),
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, [Kind.COMPLAINT]),
        ({"RecordType": "Delivery"}, []),
        ({"RecordType": "Open"}, []),
        ({"Email": ""}, []),
    ],
)
def test_postmark_types(fields: dict[str, Any], expected: list[Kind]) -> None:
    assert kinds(postmark.parse(payloads.postmark(**fields))) == expected


@pytest.mark.parametrize(
    ("reason", "suppress", "expected"),
    [
        ("ManualSuppression", True, [Kind.UNSUBSCRIBE]),
        ("HardBounce", True, [Kind.HARD]),
        ("SpamComplaint", True, [Kind.COMPLAINT]),
        ("ManualSuppression", False, []),
        (None, False, []),
    ],
)
def test_postmark_subscription_changes(reason: str | None, suppress: bool, expected: list[Kind]) -> None:
    change = {
        "RecordType": "SubscriptionChange",
        "Recipient": "ada@example.org",
        "SuppressSending": suppress,
        "ChangedAt": "2019-03-25T09:12:00Z",
    }
    if reason is not None:
        change["SuppressionReason"] = reason
    assert kinds(postmark.parse(json.dumps(change).encode())) == expected


@pytest.mark.parametrize(("origin", "expected"), [("Recipient", [Kind.UNSUBSCRIBE]), ("Customer", []), ("Admin", [])])
def test_only_subscribers_themselves_unsubscribe_at_postmark(origin: str, expected: list[Kind]) -> None:
    change = {
        "RecordType": "SubscriptionChange",
        "Recipient": "ada@example.org",
        "Origin": origin,
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "ChangedAt": "2019-03-25T09:12:00Z",
    }
    assert kinds(postmark.parse(json.dumps(change).encode())) == expected


def test_sendgrid_batch() -> None:
    body = payloads.sendgrid(
        {"event": "delivered", "response": "250 OK"},
        {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 No such user"},
        {"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": BLOCKED},
        {"event": "bounce", "type": "bounce", "status": "5.0.0", "reason": BLOCKED},
        {"event": "dropped", "reason": "Bounced Address"},
        {"event": "dropped", "reason": "Recipient List over Package Quota"},
        {"event": "deferred", "response": "450 try again later"},
        {"event": "spamreport"},
        {"event": "group_unsubscribe", "asm_group_id": 10},
        {"event": "open"},
        {"no": "event"},
    )
    events = sendgrid.parse(body)
    assert kinds(events) == [
        Kind.HARD,
        Kind.SOFT,
        Kind.SOFT,
        Kind.HARD,
        Kind.DELAYED,
        Kind.COMPLAINT,
        Kind.UNSUBSCRIBE,
    ]
    assert events[0].message_id == "<one@example.net>"
    assert len({one.id for one in events}) == len(events)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [Kind.HARD]),
        ({"severity": "temporary"}, [Kind.DELAYED]),
        ({"delivery-status": {"code": 552, "message": FULL}}, [Kind.SOFT]),
        ({"delivery-status": {"code": 550, "message": BLOCKED, "description": None}}, [Kind.SOFT]),
        ({"reason": "suppress-bounce", "delivery-status": {"code": 605}}, [Kind.HARD]),
        ({"reason": "suppress-complaint"}, [Kind.COMPLAINT]),
        ({"reason": "suppress-unsubscribe"}, [Kind.UNSUBSCRIBE]),
        ({"reason": "old"}, [Kind.SOFT]),
        ({"event": "complained"}, [Kind.COMPLAINT]),
        ({"event": "unsubscribed"}, [Kind.UNSUBSCRIBE]),
        ({"event": "opened"}, []),
    ],
)
def test_mailgun_events(fields: dict[str, Any], expected: list[Kind]) -> None:
    assert kinds(mailgun.parse(payloads.mailgun(**fields))) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [Kind.HARD]),
        ({"event": "hardBounce"}, [Kind.HARD]),
        ({"reason": FULL}, [Kind.SOFT]),
        ({"event": "soft_bounce"}, [Kind.SOFT]),
        ({"event": "blocked", "reason": None}, [Kind.SOFT]),
        ({"event": "invalid_email", "reason": ""}, [Kind.HARD]),
        ({"event": "spam"}, [Kind.COMPLAINT]),
        ({"event": "unsubscribed"}, [Kind.UNSUBSCRIBE]),
        ({"event": "deferred"}, [Kind.DELAYED]),
        ({"event": "click"}, []),
    ],
)
def test_brevo_events(fields: dict[str, Any], expected: list[Kind]) -> None:
    assert kinds(brevo.parse(payloads.brevo(**fields))) == expected


def test_brevo_sends_batches_too() -> None:
    one, two = json.loads(payloads.brevo()), json.loads(payloads.brevo(event="spam"))
    assert kinds(brevo.parse(json.dumps([one, two]).encode())) == [Kind.HARD, Kind.COMPLAINT]


def test_generic_events() -> None:
    body = payloads.generic(
        {}, {"reply": FULL}, {"permanent": False}, {"type": "complaint"}, {"type": "unsubscribe"}, {"type": "opened"}
    )
    assert kinds(generic_json.parse(body)) == [Kind.HARD, Kind.SOFT, Kind.SOFT, Kind.COMPLAINT, Kind.UNSUBSCRIBE]


def recipient(**fields: str) -> list[dict[str, str]]:
    return [{"emailAddress": "Ada <ada@example.org>", **fields}]


@pytest.mark.parametrize(
    ("what", "fields", "expected"),
    [
        ("Bounce", {}, [Kind.HARD]),
        ("Bounce", {"bounceType": "Transient"}, [Kind.SOFT]),
        ("Bounce", {"bounceType": "Undetermined"}, [Kind.SOFT]),
        ("Bounce", {"bouncedRecipients": recipient(status="5.7.1", diagnosticCode=f"smtp; {BLOCKED}")}, [Kind.SOFT]),
        ("Bounce", {"bouncedRecipients": recipient(), "bounceSubType": "NoEmail"}, [Kind.HARD]),
        ("Bounce", {"bounceSubType": "OnAccountSuppressionList", "bouncedRecipients": recipient()}, [Kind.HARD]),
        ("Complaint", {}, [Kind.COMPLAINT]),
        ("Complaint", {"complaintFeedbackType": None}, [Kind.COMPLAINT]),
        ("Complaint", {"complaintFeedbackType": "not-spam"}, []),
        ("Complaint", {"complaintFeedbackType": "auth-failure"}, []),
        ("Complaint", {"complaintFeedbackType": "virus"}, []),
        ("Complaint", {"complaintFeedbackType": "fraud"}, []),
        ("Complaint", {"complaintFeedbackType": "opt-out"}, [Kind.COMPLAINT]),
        ("Complaint", {"complainedRecipients": [*recipient(), {"emailAddress": "bob@example.org"}]}, []),
        ("Delivery", {}, []),
    ],
)
def test_ses_notifications(what: str, fields: dict[str, Any], expected: list[Kind]) -> None:
    events = ses.parse(json.dumps(payloads.ses(what, **fields)))
    assert kinds(events) == expected
    assert all(one.address == "ada@example.org" for one in events)


def test_ses_events_of_a_configuration_set() -> None:
    notification = payloads.ses()
    notification["eventType"] = notification.pop("notificationType")
    (one,) = ses.parse(json.dumps(notification))
    assert (one.kind, one.message_id) == (Kind.HARD, "<one@example.net>")


PARSERS: list[Callable[[bytes], list[ReportedEvent]]] = [
    postmark.parse,
    sendgrid.parse,
    mailgun.parse,
    brevo.parse,
    generic_json.parse,
    lambda body: ses.parse(body.decode("utf-8", "surrogateescape")),
    lambda body: ses.parse(ses.read_envelope(body).message),
]
SAMPLES = [
    payloads.postmark(),
    payloads.sendgrid({"event": "bounce"}),
    payloads.mailgun(),
    payloads.brevo(),
    payloads.generic({}),
    json.dumps(payloads.ses()).encode(),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def tolerate(body: bytes) -> None:
    for parse in PARSERS:
        try:
            events = parse(body)
        except PayloadError:
            continue
        for one in events:
            f"{one.address} {one.detail} {one.message_id}".encode()  # what goes into the store
            assert "\0" not in one.detail


@given(st.binary(max_size=200))
def test_any_bytes_are_tolerated(body: bytes) -> None:
    tolerate(body)


@given(st.sampled_from(SAMPLES), st.data())
def test_any_value_in_any_field_is_tolerated(sample: bytes, data: st.DataObject) -> None:
    content = json.loads(sample)
    place: Any = content
    while True:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(VALUES)
        break
    tolerate(json.dumps(content).encode())


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 10_000, b'"\\ud800"', b"nan"])
def test_json_that_breaks_parsers(body: bytes) -> None:
    tolerate(body)


@pytest.mark.parametrize("field", ["reply", "permanent", "message_id", "at"])
def test_null_stands_for_a_field_that_is_left_out(field: str) -> None:
    (one,) = generic_json.parse(payloads.generic({field: None}))
    (other,) = generic_json.parse(payloads.generic({}))
    assert (one.id, one.address) == (other.id, other.address)


def test_null_in_a_nested_part() -> None:
    assert kinds(mailgun.parse(payloads.mailgun(**{"delivery-status": None, "message": None}))) == [Kind.HARD]


def test_more_events_than_are_read_are_refused_and_not_lost() -> None:
    most = [{"id": f"{number}"} for number in range(MOST_EVENTS)]
    assert len(generic_json.parse(payloads.generic(*most))) == MOST_EVENTS
    with pytest.raises(PayloadError):
        generic_json.parse(payloads.generic(*most, {"id": "more"}))


def test_events_that_cannot_be_read_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert len(generic_json.parse(payloads.generic({}, {"address": None}, {"id": None}))) == 1
    assert "2 of 3 reported events" in caplog.text
