"""Dots at the beginning of lines, as SMTP wants them."""

from __future__ import annotations


def dots_stuffed(lines: bytes) -> bytes:
    """With a second dot where a line begins with one (RFC 5321 section 4.5.2). Lines end with CRLF."""
    if b"\r\n." in lines:
        lines = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines
