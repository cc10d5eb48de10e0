"""The newsletter's address as a vCard (RFC 2426), for a reader's contacts."""

from __future__ import annotations

_LINE = 75  # bytes of a line before it is folded


def contact_card(name: str, email: str, url: str = "") -> bytes:
    """Return the card: UTF-8, with CRLF at the end of lines."""
    text = _escaped(name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{text};;;;", f"FN:{text}", f"ORG:{text}"]
    lines.append(f"EMAIL;TYPE=INTERNET:{_escaped(email)}")
    if url:
        lines.append(f"URL:{_escaped(url)}")
    return b"".join(_folded(line) + b"\r\n" for line in [*lines, "END:VCARD"])


def _escaped(text: str) -> str:
    for character in ("\\", ";", ","):
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _folded(line: str) -> bytes:
    """Fold between characters; a continuation begins with a blank."""
    parts = [b""]
    for character in line:
        encoded = character.encode()
        if len(parts[-1]) + len(encoded) > _LINE:
            parts.append(b" ")
        parts[-1] += encoded
    return b"\r\n".join(parts)
