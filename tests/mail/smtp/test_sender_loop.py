"""Many connections in one thread, against servers that are slow, deaf, encrypted or gone."""

from __future__ import annotations

import multiprocessing
import pickle
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme

from digest.mail.message.dot_stuffing import to_smtp_data
from digest.mail.smtp.classify_reply import NotSent, Replied
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.sender_loop import OutgoingMessage, Result, SenderLoop, pack, unpacked
from digest.mail.smtp.transaction import Envelope
from digest.model import Claim
from tests.mail.smtp.smtp_server import serving

MOMENT = datetime(2019, 3, 25, tzinfo=UTC)
CLAIM = Claim(1, 1, "", "", (), "", 0, MOMENT, "")
LINE = b"x" * 76 + b"\r\n"


def long_messages(lines: int) -> Callable[[Claim], OutgoingMessage]:
    smtp_data = to_smtp_data(b"Subject: hello\r\n\r\n" + LINE * lines)
    return lambda claim: OutgoingMessage(Envelope("digest@test.example", claim.email), smtp_data)


class RunningLoop:
    """A sender loop in a thread, and the outbox's end of its channel."""

    def __init__(self, server: MailServer, *, lines: int, length: int = 20) -> None:
        self.channel, loop_end = multiprocessing.Pipe()
        loop = SenderLoop([server], long_messages(length), loop_end, lines=lines, messages=1_000_000)
        self.thread = threading.Thread(target=loop.run)
        self.thread.start()
        self.claims_given = 0

    def give(self, *lines: int) -> None:
        bundle = []
        for line in lines:
            self.claims_given += 1
            claim = replace(CLAIM, id=self.claims_given, email=f"r{self.claims_given}@test.example")
            bundle.append((line, pack(claim), False))
        self.channel.send_bytes(pickle.dumps(bundle))

    def read_results(self) -> list[tuple[int, Result]]:
        assert self.channel.poll(20), "nothing was reported"
        return [(line, unpacked(result)) for line, result in pickle.loads(self.channel.recv_bytes())]

    def stop(self) -> None:
        self.channel.send_bytes(pickle.dumps(None))
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.channel.close()


@contextmanager
def started(server: MailServer, *, lines: int, length: int = 20) -> Iterator[RunningLoop]:
    loop = RunningLoop(server, lines=lines, length=length)
    assert loop.read_results() == [(line, None) for line in range(lines)]
    yield loop
    loop.stop()


def test_a_slow_connection_does_not_delay_the_others() -> None:
    slow: list[int] = []

    def delay() -> float:
        """The first connection gets slow replies."""
        me = threading.get_ident()
        if not slow:
            slow.append(me)
        return 0.3 if slow[0] == me else 0.0

    with (
        serving(delay=delay) as server,
        started(MailServer("127.0.0.1", server.port, timeout=10), lines=3) as loop,
    ):
        loop.give(0, 1, 2)
        done: dict[int, int] = {0: 0, 1: 0, 2: 0}
        while not all(done.values()):
            for line, result in loop.read_results():
                assert isinstance(result, Replied)
                done[line] += 1
                if not all(done.values()):
                    loop.give(line)
    assert max(done.values()) > 10, "the others went on"
    assert min(done.values()) == 1
    assert server.commands.count("QUIT") == server.sessions == 3, "each line says goodbye"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_sends_a_large_message_over_tls(security: str) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with authority.cert_pem.tempfile() as ca_file, serving(tls=context, implicit_tls=security == "tls") as server:
        outgoing = MailServer("127.0.0.1", server.port, security, timeout=20, ca_file=ca_file)  # type: ignore[arg-type]  # parametrized
        with started(outgoing, lines=2, length=100_000) as loop:
            for _ in range(2):
                loop.give(0, 1)
                results = loop.read_results()
                while len(results) < 2:
                    results += loop.read_results()
                assert all(isinstance(result, Replied) for _, result in results), results
    assert {len(one.message) for one in server.accepted} == {len(b"Subject: hello\r\n\r\n" + LINE * 100_000)}
    assert server.sessions == 2


def test_a_server_that_stops_reading_times_out() -> None:
    """The server asks for the message and never reads it: an unwritten message was not sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"220 deaf.example\r\n")
                connection.recv(1000)
                connection.sendall(b"250-deaf.example\r\n250 PIPELINING\r\n")
                connection.recv(1000)
                connection.sendall(b"250 ok\r\n250 ok\r\n354 go ahead\r\n")
                ended.wait(20)

        thread = threading.Thread(target=serve)
        thread.start()
        with started(MailServer("127.0.0.1", listener.getsockname()[1], timeout=0.5), lines=1, length=500_000) as loop:
            loop.give(0)
            ((line, result),) = loop.read_results()
            ended.set()
        thread.join(20)
    assert line == 0
    assert isinstance(result, NotSent)
    assert "timed out" in result.reason


def test_reconnects_when_the_server_hangs_up_between_messages() -> None:
    with serving() as server, started(MailServer("127.0.0.1", server.port, timeout=5), lines=1) as loop:
        for _ in range(3):
            loop.give(0)
            ((_, result),) = loop.read_results()
            assert isinstance(result, Replied)
            server.cut()
    assert server.sessions == 3
    assert len(server.accepted) == 3


def test_the_loop_ends_when_the_outbox_has_died() -> None:
    with serving() as server:
        loop = RunningLoop(MailServer("127.0.0.1", server.port, timeout=5), lines=2)
        loop.read_results()
        loop.give(0)
        loop.read_results()
        loop.channel.close()
        loop.thread.join(20)
        assert not loop.thread.is_alive()
