"""Request bodies over the limit are rejected."""

from __future__ import annotations

import socket

from digest.web.body_limit import BodyLimit
from tests.web.desk_server import ServedDesk
from tests.web.small_app import INNER, fetch, run


def test_a_body_with_too_large_a_length_is_rejected_unread() -> None:
    app = BodyLimit(INNER, max_bytes=10)
    assert run(fetch(app, "POST", content=b"x" * 10)).text == "10"
    assert run(fetch(app, "POST", content=b"x" * 11)).status_code == 413
    assert run(fetch(app, "POST", headers={"Content-Length": "nonsense"})).status_code == 413


def test_a_body_without_length_is_limited(still_desk: ServedDesk) -> None:
    """Chunks over a raw socket, to the real server."""
    host, _, port = still_desk.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        head = f"POST /editions/x/skip HTTP/1.1\r\nHost: {host}:{port}\r\nTransfer-Encoding: chunked\r\n"
        head += still_desk.session_header
        connection.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(40):
                connection.sendall(chunk)
        except OSError:
            pass  # the server may hang up early
        assert b" 413 " in connection.recv(64)
