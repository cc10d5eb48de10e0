"""Complaints: abuse reports (RFC 5965), and the older form of Microsoft. Pure."""

from __future__ import annotations

import re
from email.message import Message

from digest.mail.returned.mail_parts import all_parts, content_of, decoded_header, field_groups, groups_in, header
from digest.mail.returned.returned_mail import Kind, ReturnedMail

_COMPLAINTS = ("abuse", "opt-out", "opt-out-list")
"""The types in which subscribers themselves say that they want no more."""
_NOT_THEIRS = ("not-spam", "virus", "auth-failure", "dmarc")  # RFC 5965, RFC 6591: of scanners and receivers
_OLD_SUBJECT = re.compile(r"^complaint about message from\b", re.IGNORECASE)
_AGGREGATE = re.compile(r"^report domain: ?\S{1,255} submitter: ?\S", re.IGNORECASE)  # RFC 7489 section 7.2.1.1


def feedback_report(message: Message) -> ReturnedMail | None:
    """What the report is; None for a mail that is none."""
    own = list(all_parts(message, quoted=False))
    parts = [part for part in own if part.get_content_type() == "message/feedback-report"]
    if parts:
        return _of_type([field for part in parts for field in field_groups(part)])
    if str(message.get_param("report-type", "")).lower() == "feedback-report":
        texts = [content_of(part)[:20_000] for part in own if part.get_content_maintype() in ("text", "application")]
        return _of_type([group for text in texts for group in groups_in(text.decode("utf-8", "replace"))])
    attached = [part for part in all_parts(message) if part not in own]
    if message.get_content_type() == "multipart/mixed" and attached:
        marked = any(header(part, "X-HmXmrOriginalRecipient") for part in attached)
        if marked or _OLD_SUBJECT.match(decoded_header(message, "Subject")):
            return ReturnedMail(Kind.COMPLAINT, detail="abuse")
    if _AGGREGATE.match(decoded_header(message, "Subject")):
        return ReturnedMail(Kind.AUTOMATIC, detail="dmarc")
    return None


def _of_type(groups: list[dict[str, str]]) -> ReturnedMail:
    value = next((group["feedback-type"] for group in groups if "feedback-type" in group), "")
    word = re.match(r"[a-z-]*", value.partition("(")[0].strip().lower())
    kind = word[0] if word else ""
    if kind in _COMPLAINTS:
        return ReturnedMail(Kind.COMPLAINT, detail=kind)
    if kind in _NOT_THEIRS:
        return ReturnedMail(Kind.AUTOMATIC, detail=kind)
    return ReturnedMail(Kind.OTHER, unclear=True, detail=f"a complaint of the type {kind[:40] or 'unknown'}")
