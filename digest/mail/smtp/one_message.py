"""One message to one server, on a connection of its own: for notices and test sends."""

from __future__ import annotations

from typing import Protocol

from digest.mail.smtp.classify_reply import Outcome
from digest.mail.smtp.connection import Connection, MailServer, open_connection
from digest.mail.smtp.transaction import Envelope


class Transport(Protocol):
    """Hands one message to one server: by SMTP, or by another transport."""

    def __call__(self, server: MailServer, envelope: Envelope, message: bytes) -> Outcome: ...


def send_by_smtp(server: MailServer, envelope: Envelope, message: bytes) -> Outcome:
    """Open a connection, send the message, close it."""
    connection = open_connection(server)
    if not isinstance(connection, Connection):
        return connection
    try:
        return connection.send(envelope, message)
    finally:
        connection.close()
