"""What mail that comes back says: delivery reports, complaints, requests to leave. Pure: bytes in, a value out.

Delivery status notifications (RFC 3464) and abuse reports (RFC 5965) are read as they are written; for everything that
only looks like a bounce, flufl.bounce knows some forty dialects. Who is meant is taken from our own signed tokens: in
the address it came back to (VERP), or in the List-Unsubscribe of the mail it quotes. A report without one proves
nothing, for anybody can write one.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser, HeaderParser
from email.utils import getaddresses, parseaddr
from enum import StrEnum
from itertools import islice
from urllib.parse import unquote

from flufl.bounce import all_failures

_SIGNED = r"[0-9A-Za-z]+\.(?:[0-9A-Fa-f]{28}|[0-9A-Za-z_-]{27})"  # 27: of the older form
_IN_LIST_UNSUBSCRIBE = re.compile(rf"(?:/unsubscribe/|subject=unsubscribe(?:%20|\+|\s))({_SIGNED})")
_IN_SUBJECT = re.compile(rf"^\s*(?:re:\s*)?unsubscribe\s+({_SIGNED})\s*$", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SERVERS = re.compile(
    r"mailer[ _-]?daemon|mail[ _-]?daemon|postmaster|mail delivery|system administrator", re.IGNORECASE
)
_MOST_READ = 250_000  # bytes of a mail; what reports say stands before the mail that they quote
_MOST_LINES = 10_000
_DEEPEST = 20  # boundaries and messages in messages: the parser compares each line with all that are open
_NESTED = re.compile(rb"boundary|message/", re.IGNORECASE)
_LINE_END = re.compile(rb"\n|\r")
_MOST_GUESSED = 20_000  # bytes in which the dialects are looked for: some of their patterns take quadratic time
_MOST_SAID = 2_000  # characters of what a server says
_HARD_SUBJECTS = {
    ("1", None),  # bad destination address
    ("2", "1"),  # mailbox disabled
    ("4", "4"),  # no such host
    ("0", None),  # permanent, without a reason
}


class Kind(StrEnum):
    """What a returned mail is."""

    HARD = "hard"  # the address does not work and never will
    SOFT = "soft"  # not this time: full, too large, refused by policy
    DELAYED = "delayed"  # still being tried by the other server
    COMPLAINT = "complaint"  # the subscriber called it spam
    UNSUBSCRIBE = "unsubscribe"  # a mail that asks to unsubscribe
    AUTOMATIC = "automatic"  # a holiday reply and the like
    OTHER = "other"  # a mail from a person, for a person to read


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """One returned mail."""

    kind: Kind
    bounce_tokens: tuple[str, ...] = ()  # from the address it came back to; for Purpose.BOUNCE
    unsubscribe_tokens: tuple[str, ...] = ()  # from the quoted mail or the subject; for Purpose.UNSUBSCRIBE
    message_id: str = ""  # of our mail that came back
    detail: str = ""  # status and what the server said, without addresses


def parse_returned_mail(raw: bytes, *, return_path: str = "") -> ReturnedMail:
    """Read one mail. `return_path` is the settings' pattern with `{token}`. Never raises, whatever is in the mail."""
    try:
        raw = _bounded(raw)
        message = email.message_from_bytes(raw)
        quoted = list(_quoted(message))
        kind, detail = _judge(message, raw)
        tokens = tuple(dict.fromkeys(token for one in quoted for token in _tokens(one)))
        if request := _IN_SUBJECT.match(_header(message, "Subject")):
            if kind in (Kind.OTHER, Kind.AUTOMATIC):
                kind = Kind.UNSUBSCRIBE
            tokens = (request[1], *tokens)
        message_id = next((value for one in quoted if (value := _header(one, "Message-ID").strip())), "")
        return ReturnedMail(kind, _verp(message, return_path), tokens, message_id, _without_addresses(detail))
    except Exception as error:  # noqa: BLE001 - parsers meet hostile mail with any of them; the other mails wait
        return ReturnedMail(Kind.OTHER, detail=f"cannot be read: {type(error).__name__}")


def _bounded(raw: bytes) -> bytes:
    """The beginning of a mail, as far as it is read in little time. What reports say stands there."""
    raw = raw[:_MOST_READ]
    for pattern, most in ((_LINE_END, _MOST_LINES), (_NESTED, _DEEPEST)):
        beyond = next(islice(pattern.finditer(raw), most, None), None)
        raw = raw[: beyond.start()] if beyond else raw
    return raw


def _judge(message: Message, raw: bytes) -> tuple[Kind, str]:
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return _complaint(part)
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            return _delivery_status(part)
    if not _from_a_server(message):
        # What only looks like a bounce must come from a mail system: holiday replies come from subscribers, and say "no
        # longer at this address", too.
        return (Kind.AUTOMATIC if _is_automatic(message) else Kind.OTHER), ""
    temporary, permanent = all_failures(email.message_from_bytes(raw[:_MOST_GUESSED]))
    if permanent:
        status = _STATUS.search(_text(message))
        return _by_status(status[0] if status and status[1] == "5" else "5.0.0"), status[0] if status else ""
    if temporary:
        return Kind.SOFT, ""
    return Kind.OTHER, ""


def _from_a_server(message: Message) -> bool:
    name, address = parseaddr(_header(message, "From"))
    known = _SERVERS.search(address.partition("@")[0]) or _SERVERS.search(name)
    return bool(known or _header(message, "X-Failed-Recipients"))  # Exim's, whose bounces say "auto-replied", too


def _is_automatic(message: Message) -> bool:
    """RFC 3834, and what programs wrote before it."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    declared = submitted.partition(";")[0].strip() not in ("", "no")
    asked = any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    return declared or asked or _header(message, "Precedence").strip().lower() == "auto_reply"


def _complaint(part: Message) -> tuple[Kind, str]:
    fields = _fields(part)
    what = next((one["feedback-type"] for one in fields if "feedback-type" in one), "abuse").strip().lower()
    return (Kind.AUTOMATIC if what == "not-spam" else Kind.COMPLAINT), what


def _delivery_status(part: Message) -> tuple[Kind, str]:
    """The worst that the report says of any recipient; ours has one."""
    worst = Kind.AUTOMATIC, ""  # delivered, relayed, expanded: good news
    for fields in _fields(part):
        action = fields.get("action", "").strip().lower()
        status = _STATUS.search(fields.get("status", ""))
        detail = " ".join([fields.get("status", ""), fields.get("diagnostic-code", "")]).strip()
        if action == "failed":
            return _by_status(status[0] if status else "5.0.0"), detail
        if action == "delayed":
            worst = Kind.DELAYED, detail
    return worst


def _by_status(status: str) -> Kind:
    """RFC 3463: what is wrong with the address is for ever, what is wrong with the mailbox or the mail is not."""
    kind, subject, detail = status.split(".")
    hard = kind == "5" and ((subject, None) in _HARD_SUBJECTS or (subject, detail) in _HARD_SUBJECTS)
    return Kind.HARD if hard else Kind.SOFT


def _fields(part: Message) -> list[dict[str, str]]:
    """The groups of fields in a report. The parser makes messages of them; some senders hide them in one text."""
    payload = part.get_payload()
    groups = payload if isinstance(payload, list) else [HeaderParser().parsestr(str(payload))]
    return [
        {name.lower(): str(value) for name, value in group.items()} for group in groups if isinstance(group, Message)
    ]


def _quoted(message: Message) -> Iterator[Message]:
    """The mail that came back, whole or only its headers; also where a bounce quotes it as text."""
    for part in message.walk():
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list):
            yield from (one for one in payload if isinstance(one, Message))
        elif kind in ("text/rfc822-headers", "message/global-headers"):
            yield BytesHeaderParser().parsebytes(_bytes(part).lstrip())
        elif kind == "text/plain":
            text = _bytes(part).decode("utf-8", "replace")
            if header := re.search(r"^(?:Return-Path|Received|Message-ID|Date|From|To|Subject): ", text, re.MULTILINE):
                yield HeaderParser().parsestr(text[header.start() :])


def _tokens(quoted: Message) -> Iterator[str]:
    unfolded = re.sub(r"\s+", " ", _header(quoted, "List-Unsubscribe"))
    yield from _IN_LIST_UNSUBSCRIBE.findall(unfolded)
    yield from _IN_LIST_UNSUBSCRIBE.findall(unquote(unfolded))


def _verp(message: Message, return_path: str) -> tuple[str, ...]:
    if "{token}" not in return_path:
        return ()
    before, _, after = parseaddr(return_path.replace("{token}", "TOKEN"))[1].partition("TOKEN")
    pattern = re.compile(re.escape(before) + f"({_SIGNED})" + re.escape(after), re.IGNORECASE)
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
    written = [str(value) for name in names for value in message.get_all(name, [])]
    return tuple(dict.fromkeys(hit[1] for _, address in getaddresses(written) if (hit := pattern.fullmatch(address))))


def _header(message: Message, name: str) -> str:
    return str(message.get(name, ""))


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(message: Message) -> str:
    parts = [_bytes(part)[:20_000] for part in message.walk() if part.get_content_type() == "text/plain"]
    return b"\n".join(parts).decode("utf-8", "replace")


def _without_addresses(text: str) -> str:
    words = text[:_MOST_SAID].split()
    if len(text) > _MOST_SAID:
        words = words[:-1]  # half a word may be half an address
    return " ".join("…" if "@" in word else word for word in words)[:300]
