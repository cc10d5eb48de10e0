"""ReplyParser of rude servers: each has an end."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from digest.mail.smtp.classify_reply import NoReply, NotSent
from digest.mail.smtp.connection import Connection, MailServer, open_connection
from digest.mail.smtp.reply_parser import EndlessReplyError, ReplyParser, read_reply
from digest.mail.smtp.transaction import Envelope

Talk = Callable[[socket.socket], None]
GREETING = b"220 rude.example ESMTP\r\n"
FEATURES = b"250-rude.example\r\n250 PIPELINING\r\n"


@contextmanager
def rude(talk: Talk) -> Iterator[int]:
    """A raw server for one client; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=10)


def forever(connection: socket.socket, block: bytes) -> None:
    while True:
        connection.sendall(block)


def drip(connection: socket.socket) -> None:
    """Each byte comes in time for a time-out that would start again with every byte."""
    connection.sendall(b"250-")
    ended = threading.Event()
    while not ended.wait(0.05):
        connection.sendall(b"x")


@pytest.mark.parametrize("block", [b"250-and more\r\n" * 500, b"250-\r\n" * 1000, b"x" * 60_000])
def test_a_reply_without_an_end(block: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        connection.recv(1000)
        forever(connection, block)

    started = time.monotonic()
    with rude(talk) as port:
        opened = open_connection(MailServer("127.0.0.1", port, timeout=30))
    assert isinstance(opened, NotSent)
    assert "a reply of more than" in opened.reason
    assert time.monotonic() - started < 20


def test_a_reply_byte_by_byte() -> None:
    started = time.monotonic()
    with rude(drip) as port:
        opened = open_connection(MailServer("127.0.0.1", port, timeout=0.5))
    assert isinstance(opened, NotSent)
    assert time.monotonic() - started < 15


def test_an_endless_reply_to_the_final_dot_is_uncertain() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        connection.recv(1000)
        connection.sendall(FEATURES)
        connection.recv(1000)
        connection.sendall(b"250 ok\r\n250 ok\r\n354 go on\r\n")
        connection.recv(1000)
        forever(connection, b"250-still thinking\r\n" * 100)

    with rude(talk) as port:
        opened = open_connection(MailServer("127.0.0.1", port, timeout=30))
        assert isinstance(opened, Connection)
        outcome = opened.send(Envelope("a@test.example", "b@test.example"), b"Subject: x\r\n\r\ny\r\n")
    assert isinstance(outcome, NoReply)
    assert not opened.usable


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    client, peer = socket.socketpair()
    with client, peer:
        client.settimeout(5)
        yield client, peer


def test_pipelined_replies_are_told_apart(pair: tuple[socket.socket, socket.socket]) -> None:
    client, peer = pair
    peer.sendall(b"250-one\r\n250 two\r\n354\n-nonsense\r\n421 bye")
    replies = ReplyParser()
    assert [read_reply(client, replies) for _ in range(3)] == [(250, b"one\ntwo"), (354, b""), (-1, b"-nonsense")]
    peer.close()
    with pytest.raises(ConnectionResetError):
        read_reply(client, replies)
    assert client.gettimeout() == 5


def test_a_time_out_is_for_the_whole_reply(pair: tuple[socket.socket, socket.socket]) -> None:
    client, peer = pair
    client.settimeout(0.3)
    threading.Thread(target=drip_quietly, args=(peer,), daemon=True).start()
    with pytest.raises((TimeoutError, EndlessReplyError)):
        read_reply(client, ReplyParser())
    assert client.gettimeout() == 0.3


def drip_quietly(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        drip(connection)
