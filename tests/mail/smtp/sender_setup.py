"""What the senders of the tests send, and to where: a module of its own, so that worker processes find it by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.sender_loop import BuildMessage, OutgoingMessage
from digest.mail.smtp.transaction import Envelope
from digest.model import Claim

BODY = b"x" * 76 + b"\r\n"


def message_id(subscriber: int) -> str:
    return f"<{subscriber}@test.example>"


def build_message(claim: Claim) -> OutgoingMessage:
    head = f"Message-ID: {message_id(claim.subscriber)}\r\nTo: {claim.email}\r\n\r\n".encode()
    return OutgoingMessage(Envelope("digest@test.example", claim.email), to_smtp_data(head + BODY * 20))


@dataclass(frozen=True)
class LoopbackSetup:
    """SMTP servers on these ports of loopback, and short messages."""

    ports: tuple[int, ...]

    def __call__(self) -> tuple[Sequence[MailServer], BuildMessage]:
        return [MailServer("127.0.0.1", port, timeout=10) for port in self.ports], build_message
