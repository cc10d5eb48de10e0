"""What in a returned mail may be ours: tokens and Message-IDs, wherever they stand. Pure.

They cannot be forged, so the place does not matter: the address it came back to (VERP), also behind the tags of other
servers (`prvs=…=bounces+TOKEN@`, `SRS0=…=bounces+TOKEN@`), `Original-Mail-From`, the quoted mail's Return-Path,
Received, List-Unsubscribe, Message-ID, In-Reply-To or text. Whoever calls verifies them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.utils import parseaddr

from digest.mail.returned.mail_parts import all_parts, content_of, is_encoded_message

_SIGNED = r"[0-9A-Za-z]{1,13}\.(?:[0-9A-Fa-f]{28}(?![0-9A-Za-z])|[0-9A-Za-z_-]{27}(?![0-9A-Za-z_-]))"
_ANYWHERE = re.compile(rf"(?<![0-9A-Za-z%])({_SIGNED})")
_MESSAGE_ID = re.compile(r"(?<![\w.])(\d{4}\.w\d\d(?:\.\d{1,6})?\.[0-9a-f]{32}@[\w.-]{1,255})", re.IGNORECASE)
_QUOTED_ID = re.compile(r"^message-id:\s{1,10}(<[^<>\s]{3,300}>)", re.IGNORECASE | re.MULTILINE)
_MOST = 100
_SOFT_BREAK = re.compile(r"=\r?\n")
# How the "+", "." and space around a token are written in URLs, in quoted-printable and in Exchange's IMCEA addresses.
_QUOTED = [re.compile(rf"{mark}(2[0be]|40)", re.IGNORECASE) for mark in ("%", "=", r"\+")]


def own_marks(message: Message, raw: bytes, return_path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens and Message-IDs. `return_path` is the settings' pattern with `{token}`: what it matches comes first."""
    texts = [variant for text in _texts(message, raw) for variant in _variants(text)]
    patterns = [_ANYWHERE] if (verp := _verp(return_path)) is None else [verp, _ANYWHERE]
    tokens = _first(match[1] for pattern in patterns for text in texts for match in pattern.finditer(text))
    return tokens, _first(_message_ids(texts, without=str(message.get("Message-ID", "")).strip()))


def _message_ids(texts: list[str], *, without: str) -> Iterator[str]:
    """Our own form first, wherever it stands; then those of quoted mails."""
    for text in texts:
        yield from (f"<{match[1].lower()}>" for match in _MESSAGE_ID.finditer(text))
    for text in texts:
        yield from (match[1] for match in _QUOTED_ID.finditer(text) if match[1] != without)


def _first(candidates: Iterable[str]) -> tuple[str, ...]:
    distinct: dict[str, None] = {}
    for one in candidates:
        distinct.setdefault(one)
        if len(distinct) >= _MOST:
            break
    return tuple(distinct)


def _verp(return_path: str) -> re.Pattern[str] | None:
    if "{token}" not in return_path:
        return None
    before, _, _ = parseaddr(return_path.replace("{token}", "TOKEN"))[1].partition("TOKEN")
    return re.compile(rf"{re.escape(before)}({_SIGNED})", re.IGNORECASE) if before else None


def _texts(message: Message, raw: bytes) -> Iterator[str]:
    """The mail as it came, then what is encoded in it."""
    yield raw.decode("latin-1")
    for part in all_parts(message):
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if encoding == "base64" and (is_encoded_message(part) or not part.is_multipart()):
            yield content_of(part).decode("latin-1")


def _variants(text: str) -> Iterator[str]:
    """Each way of quoting by itself: "+2e" may be a quoted dot, or a token that begins with "2e"."""
    yield text
    text = _SOFT_BREAK.sub("", text)
    yield from (pattern.sub(_unquoted, text) for pattern in _QUOTED)


def _unquoted(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
