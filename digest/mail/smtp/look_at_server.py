"""What a mail server says of itself and lets us do, without sending anything."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from digest.mail.smtp.classify_reply import NotSent
from digest.mail.smtp.connection import Connection, MailServer, open_connection


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """One mail server. `failure` says why it took no connection or fewer than we would open."""

    connections: int  # open and logged in at the same time
    failure: NotSent | None
    greeting: str = ""
    max_size: int = 0  # bytes of a message; 0 if it names no limit
    tls: str = ""  # the version; "" without encryption
    certificate: bytes = b""  # DER


def look_at(server: MailServer, *, connections: int = 1) -> ServerFacts:
    """Open so many connections at once, log in where there is a username, and close them."""
    opened: list[Connection] = []
    failure: NotSent | None = None
    try:
        while len(opened) < connections and failure is None:
            outcome = open_connection(server)
            if isinstance(outcome, Connection):
                opened.append(outcome)
            else:
                failure = outcome
        if not opened:
            return ServerFacts(0, failure)
        first = opened[0]
        sock = first.sock if isinstance(first.sock, ssl.SSLSocket) else None
        return ServerFacts(
            len(opened),
            failure,
            first.greeting,
            first.capabilities.max_size,
            (sock.version() or "") if sock else "",
            (sock.getpeercert(binary_form=True) or b"") if sock else b"",
        )
    finally:
        for connection in opened:
            connection.close()
