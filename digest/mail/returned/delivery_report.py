"""Delivery status notifications (RFC 3464, RFC 6533): what they say of each recipient. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message

from digest.mail.returned.failure_text import described, names_only_others, text_verdict
from digest.mail.returned.mail_parts import all_parts, content_of, field_groups, groups_in
from digest.mail.returned.returned_mail import Kind, RecipientReport
from digest.mail.returned.same_address import reported_address
from digest.mail.smtp.verdict import Cause, Verdict, classify

_TYPES = ("message/delivery-status", "message/global-delivery-status")
_LOOKS_LIKE_ONE = re.compile(rb"^(?:Final-Recipient|Action|Status)[ \t]*:", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]{0,500}\)")  # RFC 3464 section 2.1.1 allows those of RFC 822
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_DIAGNOSTICS = ("diagnostic-code", "x-supplementary-info", "x-actual-diagnostic")
_GOOD_NEWS = ("delivered", "relayed", "expanded")


def delivery_report(message: Message, text: str) -> tuple[RecipientReport, ...] | None:
    """What the report says of each recipient; None where the mail has no report, () where nothing in it can be read.

    `text` is what the mail says to people: some systems give their reason only there.
    """
    groups = next(_reports(message), None)
    if groups is None:
        return None
    reports = (_recipient(group, text) for group in groups)
    return tuple(report for report in reports if report is not None)


def _reports(message: Message) -> Iterator[list[dict[str, str]]]:
    """First where they belong; then as text, as some gateways leave them; then in a mail that was passed on whole."""
    own = list(all_parts(message, quoted=False))
    yield from (field_groups(part) for part in own if part.get_content_type() in _TYPES)
    if any(part.get_content_type() == "multipart/report" for part in own):
        for part in own:
            if part.get_content_maintype() != "multipart" and part.get_content_maintype() != "message":
                content = content_of(part)[:20_000]
                if len(_LOOKS_LIKE_ONE.findall(content)) >= 2:
                    yield groups_in(content.decode("utf-8", "replace"))
    for part in all_parts(message):
        if part.get_content_type() in _TYPES and part not in own:
            yield field_groups(part)


def _recipient(fields: dict[str, str], text: str) -> RecipientReport | None:
    """None for the group about the message, and for one that says nothing."""
    if not {"action", "status", "final-recipient", "diagnostic-code"} & fields.keys():
        return None
    final, original = (reported_address(fields.get(name, "")) for name in ("final-recipient", "original-recipient"))
    word = re.match(r"[a-z]*", _COMMENT.sub(" ", fields.get("action", "")).strip().lower())
    action = word[0] if word else ""
    status = _STATUS.match(_COMMENT.sub(" ", fields.get("status", "")).strip())
    code = status[0] if status else ""
    comments = " ".join(_COMMENT.findall(fields.get("status", "")))  # Messaging Server gives its reason there
    diagnostic = next((fields[name] for name in _DIAGNOSTICS if fields.get(name, "").strip()), comments)
    if action in _GOOD_NEWS and code[:1] in ("", "2"):
        return RecipientReport(Kind.AUTOMATIC, final, original, detail=described(None, f"{action} {code}"))
    verdict = classify(0, code, diagnostic)
    if names_only_others(verdict, diagnostic, final or original):
        verdict = replace(verdict, hard=False)
    if verdict.cause is Cause.UNKNOWN and not diagnostic.strip():
        verdict = _from_text(verdict, text)
    if action == "delayed":
        return RecipientReport(Kind.DELAYED, final, original, verdict, described(verdict, diagnostic))
    if action == "failed" or (not action and code[:1] in ("4", "5")):
        kind = Kind.HARD if verdict.hard else Kind.SOFT
        return RecipientReport(kind, final, original, verdict, described(verdict, diagnostic))
    return None


def _from_text(verdict: Verdict, text: str) -> Verdict:
    """Exim writes no Diagnostic-Code where it has refused the address itself."""
    if verdict.temporary:
        return verdict
    return text_verdict(text) or verdict
