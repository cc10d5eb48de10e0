"""A message as SMTP sends it: with dots stuffed and the final dot at its end (RFC 5321 section 4.5.2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmtpData:
    """All that goes out between DATA and its answer, and what the server wants to know before."""

    data: bytes  # dots stuffed, the final dot at the end
    size: int  # bytes of the message itself, for SIZE
    eight_bit: bool  # whether it has bytes beyond ASCII


def to_smtp_data(message: bytes) -> SmtpData:
    """`message` ends its lines with CRLF, but perhaps for the last."""
    lines = dots_stuffed(message)
    ending = b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"
    return SmtpData(lines + ending, len(message), not message.isascii())


def dots_stuffed(lines: bytes) -> bytes:
    """With a second dot where a line begins with one. Lines end with CRLF."""
    if b"\r\n." in lines:
        lines = lines.replace(b"\r\n.", b"\r\n..")
    return b"." + lines if lines.startswith(b".") else lines
