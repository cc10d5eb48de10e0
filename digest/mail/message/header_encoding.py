"""Header lines as RFC 5322 and RFC 2047 want them, in bytes.

Python's EmailMessage folds a long List-Unsubscribe or Feedback-ID into encoded-words, which receivers take literally,
and puts an encoded-word into an address with an IDN domain. So the few kinds of header that we write are written here.
Values come in as text; line breaks and other controls in them are gone before a line is written.
"""

from __future__ import annotations

import base64
import re

from digest.domain_names import DomainNameError, to_ascii

_LINE = 78  # RFC 5322 2.1.1, without the line end
_WORD = 75  # RFC 2047 2
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_ADDRESS = re.compile(r"[\s<>]")
_BLANKS = re.compile(r"[^\S\xa0\u202f]+")  # French puts no-break spaces before its colons


def plain(name: str, value: str) -> bytes:
    """A header whose value is ASCII and must not be folded or encoded, such as an id or a word."""
    return f"{name}: {_visible(value)}\r\n".encode("ascii")


def listed(name: str, values: list[str], separator: str = ",") -> bytes:
    """A header of several ASCII values: folded between them, never inside one."""
    lines = [f"{name}:"]
    for position, value in enumerate(values):
        value = _visible(value) + (separator if position < len(values) - 1 else "")
        if len(lines[-1]) + 1 + len(value) > _LINE:
            lines.append("")
        lines[-1] += f" {value}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def unstructured(name: str, text: str) -> bytes:
    """A header of free text, such as Subject: folded at blanks, encoded-words where it is not plain ASCII."""
    text = _BLANKS.sub(" ", _CONTROLS.sub(" ", text)).strip()
    if _is_plain(text):
        folded = _folded(f"{name}:", text.split(" "))
        if folded is not None:
            return folded
    return "\r\n ".join(_encoded_words(text, len(name) + 2, f"{name}: ")).encode("ascii") + b"\r\n"


def mailbox(name: str, display: str, address: str) -> bytes:
    """A header of one address. A local part beyond ASCII stays UTF-8 (RFC 6532: such a mail needs SMTPUTF8)."""
    address = wire_address(address)
    display = " ".join(_CONTROLS.sub(" ", display).split())
    if not display:
        return f"{name}: {address}\r\n".encode()
    if display.isascii() and "=?" not in display and len(display) <= 60:
        phrase = display if _ATOM.fullmatch(display) else '"' + re.sub(r'(["\\])', r"\\\1", display) + '"'
        lines = [f"{name}: {phrase}"]
    else:
        lines = _encoded_words(display, len(name) + 2, f"{name}: ")
    end = f"<{address}>"
    if len(lines[-1]) + 1 + len(end) <= _LINE:
        lines[-1] += f" {end}"
    else:
        lines.append(end)
    return "\r\n ".join(lines).encode() + b"\r\n"


def mailbox_id(name: str, display: str, identifier: str) -> bytes:
    """A header such as List-Id: a phrase and an identifier of ASCII atoms in angle brackets."""
    return mailbox(name, display, f"x@{identifier}").replace(b"<x@", b"<")


def wire_address(address: str) -> str:
    """An address as it goes over the wire: the domain in ASCII (IDNA). Raises ValueError for no address."""
    local, at, domain = _visible(address).rpartition("@")
    if not at or not local or not domain or _NOT_IN_ADDRESS.search(local + domain):
        raise ValueError(f"{address!r} is not an e-mail address")
    if not domain.isascii():
        try:
            domain = to_ascii(domain)
        except DomainNameError as error:
            raise ValueError(f"{address!r} has no valid domain: {error}") from error
    return f"{local}@{domain}"


def _visible(value: str) -> str:
    return value if value.isprintable() else _CONTROLS.sub("", value)  # every control is unprintable


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _folded(start: str, words: list[str]) -> bytes | None:
    """`words` on lines of at most 78, or None when one of them is longer than a line."""
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE:
            if len(word) + 1 > _LINE or lines[-1] == start:
                return None
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _encoded_words(text: str, columns: int, start: str) -> list[str]:
    """`text` as encoded-words, one a line, the first after `start` of `columns`. Characters stay whole."""
    lines: list[str] = []
    room = min(_WORD, _LINE - columns)
    piece = ""
    for character in text:
        if len(_encoded_word(piece + character)) > room:
            # Some mail programs put a blank between two encoded-words, so they had better part where one is.
            head, blank, tail = piece.rpartition(" ")
            cut, piece = (head + blank, tail) if head else (piece, "")
            lines.append(_encoded_word(cut))
            room = min(_WORD, _LINE - 1)
        piece += character
    lines.append(_encoded_word(piece))
    lines[0] = start + lines[0]
    return lines


def _encoded_word(text: str) -> str:
    """The shorter of RFC 2047's two encodings."""
    raw = text.encode()
    b = base64.b64encode(raw).decode("ascii")
    q = "".join(
        chr(byte)
        if (chr(byte).isascii() and chr(byte).isalnum()) or chr(byte) in "!*+-/"
        else "_"
        if byte == 0x20
        else f"={byte:02X}"
        for byte in raw
    )
    return f"=?utf-8?q?{q}?=" if len(q) <= len(b) else f"=?utf-8?b?{b}?="
