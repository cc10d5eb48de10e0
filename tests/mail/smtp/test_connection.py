"""SMTP against a real server on loopback that does what the test orders."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from digest.mail.smtp.classify_reply import NoReply, NotSent, Replied, Stage
from digest.mail.smtp.connection import Connection, MailServer, Security, open_connection
from digest.mail.smtp.transaction import Envelope
from tests.mail.smtp.smtp_server import DROP, FEATURES, SmtpServer, serving

MESSAGE = b"Subject: hello\r\n\r\nfirst\r\n.second\r\n..third\r\nlast\r\n"
TO = Envelope("digest@test.example", "reader@test.example")


@pytest.fixture(params=[FEATURES, ("8BITMIME",)], ids=["pipelining", "step by step"])
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with serving(features=request.param) as running:
        yield running


def connect(server: SmtpServer, **options: object) -> Connection:
    opened = open_connection(MailServer("127.0.0.1", server.port, timeout=5, **options))  # type: ignore[arg-type]
    assert isinstance(opened, Connection), opened
    return opened


def test_a_message_arrives_byte_for_byte(server: SmtpServer) -> None:
    connection = connect(server)
    outcome = connection.send(TO, MESSAGE)
    assert isinstance(outcome, Replied)
    assert outcome.stage is Stage.ENDED
    assert (outcome.reply.code, outcome.reply.enhanced, outcome.reply.queue_id) == (250, "2.0.0", "Q000001")
    connection.close()
    assert [(one.sender, one.recipient, one.message) for one in server.accepted] == [
        ("digest@test.example", "reader@test.example", MESSAGE)
    ]
    assert server.commands[-1].upper() == "QUIT"


@pytest.mark.parametrize("message", [b".\r\n", b"a\r\n.\r\nb\r\n", b"no end", b".", b"a\r\n..", b"", b"\r\n.\r\n.\r\n"])
def test_dots_and_ends(server: SmtpServer, message: bytes) -> None:
    connection = connect(server)
    assert isinstance(connection.send(TO, message), Replied)
    connection.send(TO, MESSAGE)  # replies still match their commands
    received = [one.message for one in server.accepted]
    assert received == [message if message.endswith(b"\r\n") else message + b"\r\n", MESSAGE]


def test_a_hundred_messages_over_one_connection(server: SmtpServer) -> None:
    connection = connect(server)
    for number in range(100):
        outcome = connection.send(Envelope("a@test.example", f"r{number}@test.example"), MESSAGE)
        assert isinstance(outcome, Replied)
    assert server.sessions == 1
    assert [one.recipient for one in server.accepted] == [f"r{number}@test.example" for number in range(100)]


@pytest.mark.parametrize(
    ("answer", "usable"),
    [("550 5.1.1 no such user", True), ("450 4.2.0 greylisted", True), ("552 5.2.2 mailbox full", True)],
)
def test_a_rejected_recipient_leaves_the_connection_usable(server: SmtpServer, answer: str, usable: bool) -> None:
    server.order("RCPT", answer, about="gone@")
    connection = connect(server)
    outcome = connection.send(Envelope("a@test.example", "gone@test.example"), MESSAGE)
    assert isinstance(outcome, Replied)
    assert outcome.stage is Stage.RECIPIENT
    assert outcome.reply.code == int(answer[:3])
    assert connection.usable is usable
    assert isinstance(connection.send(TO, MESSAGE), Replied)
    assert [one.recipient for one in server.accepted] == ["reader@test.example"]


def test_a_rejection_after_data(server: SmtpServer) -> None:
    server.order("END", "554 5.7.1 looks like spam")
    connection = connect(server)
    outcome = connection.send(TO, MESSAGE)
    assert isinstance(outcome, Replied)
    assert (outcome.stage, outcome.reply.code) == (Stage.ENDED, 554)
    assert isinstance(connection.send(TO, MESSAGE), Replied)
    assert len(server.accepted) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_hang_up_before_the_final_dot_means_not_sent(server: SmtpServer, verb: str) -> None:
    server.order(verb, DROP)
    connection = connect(server)
    long = b"x" * 70 + b"\r\n"
    outcome = connection.send(TO, b"Subject: x\r\n\r\n" + long * 40_000)
    if verb == "BODY":
        # All of it may be in the machine's buffers by then, so the outcome is unknown.
        assert isinstance(outcome, NotSent | NoReply)
    else:
        assert isinstance(outcome, NotSent)
    assert not connection.usable
    assert server.accepted == []


@pytest.mark.parametrize("verb", ["END", "TAKEN"])
def test_a_hang_up_after_the_final_dot_is_uncertain(server: SmtpServer, verb: str) -> None:
    server.order(verb, DROP)
    connection = connect(server)
    assert isinstance(connection.send(TO, MESSAGE), NoReply)
    assert not connection.usable


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_421_means_slow_down_and_reconnect(server: SmtpServer, verb: str) -> None:
    server.order(verb, "421 4.7.0 too much mail from you")
    connection = connect(server)
    outcome = connection.send(TO, MESSAGE)
    assert isinstance(outcome, NotSent)
    assert outcome.reply is not None
    assert outcome.reply.code == 421
    assert not connection.usable


def test_a_rejected_sender_is_no_fault_of_the_recipient(server: SmtpServer) -> None:
    server.order("MAIL", "553 5.7.1 sender not owned by you")
    outcome = connect(server).send(TO, MESSAGE)
    assert isinstance(outcome, NotSent)
    assert outcome.fatal


def test_size_is_respected_before_sending() -> None:
    with serving(features=("SIZE 1000",)) as server:
        outcome = connect(server).send(TO, b"x" * 1001)
        assert isinstance(outcome, NotSent)
        assert outcome.fatal
        assert not [command for command in server.commands if command.startswith("MAIL")]


def test_offered_extensions_are_used() -> None:
    with serving() as server:
        connection = connect(server)
        connection.send(TO, MESSAGE)
        connection.send(Envelope("a@test.example", "jörg@test.example", smtputf8=True), "Subject: ö\r\n\r\n".encode())
        assert [one.options for one in server.accepted] == [
            f" SIZE={len(MESSAGE)}",
            " SIZE=15 BODY=8BITMIME SMTPUTF8",
        ]


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    with serving(features=("8BITMIME",)) as server:
        connection = connect(server)
        outcome = connection.send(Envelope("a@test.example", "jörg@test.example", smtputf8=True), MESSAGE)
        assert isinstance(outcome, Replied)
        assert outcome.reply.enhanced == "5.6.7"
        assert connection.usable


# --- TLS and log-in ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls", "opportunistic"])
def test_tls(authority: trustme.CA, ca_file: str, security: Security) -> None:
    with serving(tls=server_context(authority), implicit_tls=security == "tls") as server:
        connection = connect(server, security=security, ca_file=ca_file)
        assert isinstance(connection.send(TO, MESSAGE * 5000), Replied)
        connection.close()
        assert len(server.accepted) == 1


@pytest.mark.parametrize("security", ["starttls", "tls", "opportunistic"])
def test_a_missing_ca_file_is_a_failure_with_a_remedy(
    authority: trustme.CA, tmp_path: Path, security: Security
) -> None:
    with serving(tls=server_context(authority), implicit_tls=security == "tls") as server:
        missing = str(tmp_path / "gone.pem")
        opened = open_connection(MailServer("127.0.0.1", server.port, security, timeout=5, ca_file=missing))
    assert isinstance(opened, NotSent)
    assert opened.fatal
    assert missing in opened.reason
    assert opened.remedy


@pytest.mark.parametrize("security", ["starttls", "tls", "opportunistic"])
@pytest.mark.parametrize("flaw", ["unknown authority", "wrong name"])
def test_an_invalid_certificate_is_fatal(authority: trustme.CA, ca_file: str, security: Security, flaw: str) -> None:
    name = "127.0.0.1" if flaw == "unknown authority" else "mail.other.example"
    trusted = "" if flaw == "unknown authority" else ca_file
    with serving(tls=server_context(authority, name), implicit_tls=security == "tls") as server:
        opened = open_connection(MailServer("127.0.0.1", server.port, security, timeout=5, ca_file=trusted))
        assert isinstance(opened, NotSent)
        assert opened.fatal
        assert "certificate" in opened.reason
        assert not opened.reason.endswith("."), "what is said around it has its own full stop"
        # Checked only where the settings say so.
        connect(server, security=security, verify=False).close()


def test_required_tls_that_is_not_offered() -> None:
    with serving() as server:
        opened = open_connection(MailServer("127.0.0.1", server.port, "starttls", timeout=5))
        assert isinstance(opened, NotSent)
        assert opened.fatal
        assert "STARTTLS" in opened.reason
        connect(server, security="opportunistic").close()


@pytest.mark.parametrize("auth", ["auto", "xoauth2"])
def test_log_in(auth: str) -> None:
    with serving(credentials={"digest": "right"}) as server:
        connection = connect(server, username="digest", password="right", auth=auth)
        assert isinstance(connection.send(TO, MESSAGE), Replied)
        opened = open_connection(
            MailServer("127.0.0.1", server.port, username="digest", password="wrong", auth=auth, timeout=5)  # type: ignore[arg-type]  # parametrized
        )
        assert isinstance(opened, NotSent)
        assert opened.fatal
        assert "535 5.7.8 wrong password" in opened.reason


def test_a_password_is_not_in_the_repr() -> None:
    assert "secret" not in repr(MailServer("mail.example", password="secret"))


def test_a_closed_port_is_not_fatal() -> None:
    with serving() as server:
        port = server.port
    opened = open_connection(MailServer("127.0.0.1", port, timeout=5))
    assert isinstance(opened, NotSent)
    assert not opened.fatal
    assert f"127.0.0.1:{port} cannot be reached" in opened.reason


@pytest.mark.parametrize("greeting", ["554 5.3.2 no service here", "421 4.3.2 too many connections", DROP, "hello?"])
def test_a_rejecting_greeting_is_not_fatal(greeting: str) -> None:
    with serving() as server:
        server.order("CONNECT", greeting)
        assert isinstance(open_connection(MailServer("127.0.0.1", server.port, timeout=5)), NotSent)


def test_a_greeting_that_is_not_smtp_is_explained() -> None:
    with serving() as server:
        server.order("CONNECT", "HTTP/1.1 400 Bad Request")
        opened = open_connection(MailServer("127.0.0.1", server.port, timeout=5))
    assert isinstance(opened, NotSent)
    assert opened.reason == f"127.0.0.1:{server.port} is not an SMTP server: it says “HTTP/1.1 400 Bad Request”"
    assert "port" in opened.remedy
