"""Bounces that are no reports: text in the dialects of qmail, older Exim and Exchange, hMailServer, OpenSMTPD, dma and
others. flufl.bounce knows whom they are about, the words and reply codes in them say why. Pure."""

from __future__ import annotations

import email
import logging
import re
from dataclasses import replace
from email.message import Message
from email.utils import parseaddr

from flufl.bounce import all_failures

from digest.mail.returned import bounce_words as words
from digest.mail.returned.failure_text import described, reply_lines, text_verdict
from digest.mail.returned.mail_parts import decoded_header, header
from digest.mail.returned.returned_mail import Kind, RecipientReport, ReturnedMail
from digest.mail.smtp.verdict import UNKNOWN, Verdict

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs a traceback for each header in 8 bits
_MOST_GUESSED = 20_000  # bytes in which the dialects are looked for: some of their patterns take quadratic time
_MOST_ADDRESSES = 50
_ADDRESS = re.compile(r"[^\s<>()\[\]\"';,:]{1,100}@[^\s<>()\[\]\"';,:]{1,255}")


def plain_bounce(message: Message, raw: bytes, text: str) -> ReturnedMail | None:
    """What the bounce says; None for a mail that does not look like one. `text` is its `failure_text`.

    What only looks like a bounce must come from a mail system: holiday replies come from subscribers, and say "no
    longer at this address", too. A subject alone proves little, for replies repeat ours: then only a server's reply in
    the text says what the mail is, and without one it is for a person to read.
    """
    subject = decoded_header(message, "Subject")
    named, replied = bool(words.SUBJECTS.search(subject)), bool(reply_lines(text))
    if words.REPLY_SUBJECTS.match(subject):
        return None
    if not _from_a_server(message):
        # Mail systems write from nobody (RFC 5321 section 4.5.5); so do some holiday replies.
        nobody = header(message, "Return-Path").strip() == "<>" and named
        if not (nobody and (_is_report(message) or (replied and words.OPENINGS.search(text)))):
            return None
    temporary, permanent = all_failures(email.message_from_string(raw[:_MOST_GUESSED].decode("latin-1")))
    failed = {one.decode("utf-8", "replace").lower() for one in (*temporary, *permanent)}
    sure = header(message, "X-Failed-Recipients") or _is_report(message) or failed or words.OPENINGS.search(text)
    if not (sure or named or replied):
        return None
    if not (sure or (named and replied)):
        return ReturnedMail(Kind.OTHER, unclear=True, detail="a bounce in words that are not known")
    kind, verdict = _judge(subject, text, only_temporary=bool(temporary and not permanent))
    detail = described(verdict, " ".join(text.split()))
    return ReturnedMail(
        kind, verdict=verdict, detail=detail, recipients=_recipients(failed, text, kind, verdict, detail)
    )


def _judge(subject: str, text: str, *, only_temporary: bool) -> tuple[Kind, Verdict]:
    verdict = text_verdict(text) or replace(UNKNOWN, temporary=only_temporary)
    if only_temporary:
        verdict = replace(verdict, hard=False)
    if (words.DELAYS.search(text) or words.DELAYS.search(subject)) and not words.FINAL.search(text):
        return Kind.DELAYED, verdict
    return (Kind.HARD if verdict.hard else Kind.SOFT), verdict


def _from_a_server(message: Message) -> bool:
    name, address = parseaddr(decoded_header(message, "From"))
    if words.SERVERS.search(address.partition("@")[0]) or words.SERVERS.search(name):
        return True
    return bool(header(message, "X-Failed-Recipients"))  # Exim's, whose bounces say "auto-replied", too


def _is_report(message: Message) -> bool:
    return message.get_content_type() == "multipart/report"


def _recipients(failed: set[str], text: str, kind: Kind, verdict: Verdict, detail: str) -> tuple[RecipientReport, ...]:
    """Whom it is about. Where that is known, other addresses in the text may be the subscriber's as well."""
    if not failed:
        return ()
    named = [match[0].strip(".").lower() for match in _ADDRESS.finditer(text)]
    return tuple(
        RecipientReport(kind, one, verdict=verdict, detail=detail)
        for one in list(dict.fromkeys([*sorted(failed), *named]))[:_MOST_ADDRESSES]
    )
