"""Servers that announce nonsense: a connection or a failure with a reason comes of it, never an exception."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.smtp.classify_reply import NotSent
from digest.mail.smtp.connection import Connection, MailServer, open_connection
from digest.mail.smtp.reply_parser import EndlessReplyError, ReplyParser
from tests.mail.smtp.smtp_server import serving


@contextmanager
def answering(*replies: bytes, timeout: float = 2.0) -> Iterator[tuple[MailServer, list[bytes]]]:
    """A server that greets, answers each line with the next of these replies, and then hangs up.

    Gives the settings to reach it and what it was sent.
    """
    lines: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as file:
                    connection.sendall(b"220 odd.example ESMTP\r\n")
                    for reply in replies:
                        lines.append(file.readline())
                        connection.sendall(reply + b"\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield MailServer("127.0.0.1", port, username="ada", password="pw", timeout=timeout), lines
    thread.join(timeout=10)


def greeting(*lines: bytes) -> bytes:
    """The reply to EHLO."""
    return b"".join(b"250-" + line + b"\r\n" for line in (b"odd.example", *lines)) + b"250 8BITMIME"


@pytest.mark.parametrize(
    ("size", "most"),
    [
        (b"SIZE", 0),
        (b"SIZE 0", 0),
        (b"SIZE 1000", 1000),
        (b"SIZE 1000 and more", 1000),
        (b"size  35882577", 35882577),
        (b"SIZE 000000000000001000", 1000),
        (b"SIZE " + b"9" * 5_000, 0),
        (b"SIZE 99999999999999999999", 0),
        ("SIZE ١٢٣".encode(), 0),
        ("SIZE 1²".encode(), 0),
        (b"SIZE \xb2\xb3", 0),
        (b"SIZE -1", 0),
        (b"SIZE +1", 0),
        (b"SIZE 1e6", 0),
        (b"SIZE 1_000", 0),
        (b"SIZE=1000", 0),
    ],
)
def test_a_size_is_read_where_it_is_a_number(size: bytes, most: int) -> None:
    with answering(greeting(size, b"AUTH PLAIN"), b"235 Ok") as (server, _):
        opened = open_connection(server)
    assert isinstance(opened, Connection), opened
    assert opened.capabilities.max_size == most
    opened.abort()


line = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" ").replace(b"\r", b" "))
announced = st.lists(
    line
    | st.builds(
        bytes.__add__, st.sampled_from([b"SIZE ", b"AUTH ", b"AUTH=", b"auth  ", b"SMTPUTF8", b"PIPELINING"]), line
    )
    | st.sampled_from([b"AUTH PLAIN", b"AUTH CRAM-MD5 LOGIN", b"AUTH=LOGIN PLAIN"]),
    max_size=6,
)
answers = st.lists(
    line
    | st.builds(
        bytes.__add__, st.sampled_from([b"334 ", b"235 ", b"535 5.7.8 ", b"250 ", b"334-", b"", b"421 "]), line
    ),
    max_size=8,
)


@given(announced, answers)
@example([b"AUTH CRAM-MD5"], [b"334 !!!", b"501 cancelled"])
@example([b"AUTH CRAM-MD5"], [b"334 \xff=", b"334 "])
@example([b"AUTH LOGIN"], [b"334 not base64 at all"] * 8)
@example([b"AUTH PLAIN"], [b"334 " + b"A" * 501] * 8)
def test_whatever_a_server_announces_and_answers_there_is_a_connection_or_a_reason(
    features: Sequence[bytes], replies: Sequence[bytes]
) -> None:
    # Both may wait for the other, until the time is over.
    with answering(greeting(*features), *replies, *[b"535 no"] * 3, timeout=0.2) as (server, lines):
        opened = open_connection(server)
        if isinstance(opened, NotSent):
            assert opened.reason.startswith(str(server))
            assert opened.connecting
        else:
            assert opened.capabilities.max_size < 10**18
            opened.abort()
    assert all(line.endswith(b"\r\n") or not line for line in lines)


def test_a_bad_challenge_is_cancelled_and_named() -> None:
    with answering(greeting(b"AUTH CRAM-MD5"), b"334 !!!", b"501 cancelled") as (server, lines):
        opened = open_connection(server)
    assert isinstance(opened, NotSent)
    assert opened.fatal
    assert opened.reason == f"{server}: its challenge for AUTH CRAM-MD5 cannot be answered: it is not base64"
    assert lines[1:] == [b"AUTH CRAM-MD5\r\n", b"*\r\n"]


def test_a_server_that_never_ends_a_log_in_is_left() -> None:
    with answering(greeting(b"AUTH LOGIN"), *[b"334 VXNlcm5hbWU6"] * 50) as (server, lines):
        opened = open_connection(server)
    assert isinstance(opened, NotSent)
    assert "goes on after 4 answers" in opened.reason
    assert [line for line in lines if line][-1] == b"*\r\n"


def test_another_way_to_log_in_is_tried_after_one_that_fails() -> None:
    with answering(greeting(b"AUTH LOGIN PLAIN"), b"504 5.5.4 not here", b"334 eA==", b"334 eA==", b"235 Ok") as (
        server,
        lines,
    ):
        opened = open_connection(server)
    assert isinstance(opened, Connection)
    opened.abort()
    assert lines[1:] == [
        b"AUTH PLAIN " + base64.b64encode(b"\0ada\0pw") + b"\r\n",
        b"AUTH LOGIN\r\n",
        base64.b64encode(b"ada") + b"\r\n",
        base64.b64encode(b"pw") + b"\r\n",
    ]


def test_a_server_without_log_in_is_named() -> None:
    with answering(greeting(b"AUTH GSSAPI NTLM")) as (server, _):
        opened = open_connection(server)
    assert isinstance(opened, NotSent)
    assert "offers no way to log in" in opened.reason
    assert opened.fatal


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"])
@pytest.mark.parametrize(("user", "password"), [("ada", "secret"), ("jörg", "pä$$wörd ☃"), ("ada", "x" * 3_000)])
def test_user_and_password_go_in_utf_8(mechanisms: str, user: str, password: str) -> None:
    """RFC 4616 section 2."""
    with serving(credentials={user: password}, mechanisms=mechanisms) as server:
        for right in (True, False):
            auth = "xoauth2" if mechanisms == "XOAUTH2" else "auto"
            secret = password if right else f"{password}é"
            opened = open_connection(
                MailServer("127.0.0.1", server.port, username=user, password=secret, auth=auth, timeout=5)  # type: ignore[arg-type]
            )
            if right:
                assert isinstance(opened, Connection), opened
                opened.close()
            else:
                assert isinstance(opened, NotSent)
                assert opened.fatal
                assert "535 5.7.8 wrong password" in opened.reason


def test_a_password_that_cannot_be_sent_is_named() -> None:
    with answering(greeting(b"AUTH PLAIN"), b"235 Ok") as (server, _):
        opened = open_connection(MailServer(server.host, server.port, username="ada", password="a\0b", timeout=5))
    assert isinstance(opened, NotSent)
    assert "NUL" in opened.reason


@pytest.mark.parametrize("host", ["", ".", "a..b", "x" * 70 + ".example", "☃" * 70])
def test_a_host_that_is_no_name_is_a_failure(host: str) -> None:
    assert isinstance(open_connection(MailServer(host, 25, timeout=1)), NotSent)


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"250", b"-", b" ", b"x", b"\r\n", b"\n", b"5.1.1"])).map(b"".join),
    st.data(),
)
def test_replies_do_not_depend_on_how_their_bytes_arrive(content: bytes, data: st.DataObject) -> None:
    whole, pieces = ReplyParser(), ReplyParser()
    whole.feed(content)
    expected = list(iter(whole.next, None))
    found, at = [], 0
    while at < len(content):
        step = data.draw(st.integers(1, 20))
        pieces.feed(content[at : at + step])
        found += iter(pieces.next, None)
        at += step
    assert found == expected
    assert all(code == -1 or 0 <= code <= 999 for code, _ in expected)
    assert pieces.begun == whole.begun


def test_a_reply_of_too_many_lines_is_no_reply() -> None:
    replies = ReplyParser()
    replies.feed(b"250-x\r\n" * 1_001)
    with pytest.raises(EndlessReplyError):
        replies.next()
