"""The mailbox shows whatever mail came, malformed or hostile, in little time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from digest.web.caught_mail import CaughtMailbox, OpenedMail

IDENTITY = "0123456789abcdef"


def opened(folder: Path, content: bytes) -> OpenedMail:
    (folder / f"{IDENTITY}.eml").write_bytes(content)
    (folder / f"{IDENTITY}.json").write_text('{"from": "a@example.org", "to": ["b@example.org"], "at": 0}', "utf-8")
    mailbox = CaughtMailbox(folder)
    assert [mail.id for mail in mailbox.messages()] == [IDENTITY]
    mail = mailbox.open(IDENTITY)
    assert mail is not None
    return mail


@pytest.mark.parametrize(
    "content",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=y%d\n\n--y%d\n" % (n, n) for n in range(5_000)),
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
        b"Subject: a\n" + b" =?utf-8?q?a?=\n" * 20_000 + b"\nx",
        b"Content-Type: " + b"a/b; x=y" * 20_000 + b"\n\nx",
        b"From: " + b"(" * 50_000 + b"\n\nx",
        b"To: a@example.org\n" * 20_000 + b"\nx",
        (b"To: " + b"a@example.org," * 280 + b"\n") * 100 + b"\nx",
        (b"Content-Type: text/plain; " + b'";"' * 1_300 + b"\n") * 100 + b"\nx",
        b"Content-Type: multipart/mixed; boundary=y\n\n" + b"--y\nContent-Type: a/b; x=y\n\n" * 13_000,
        b"Content-Type: text/plain; charset=-Punycode\n\na-" + b"b9" * 200_000,
        b"a: =?punycode?q?" + b"b9" * 1_900 + b"?=\n" * 1_000 + b"\nx",
        b"Content-Type:\n message/rfc822\n\n" * 5_000,
        b"".join(b"Content-Type: multipart/mixed; boundary*0=y%d\n\n--y%d\n" % (n, n) for n in range(200))
        + b"-\n" * 90_000,
    ],
    ids=[
        "nested parts",
        "one long line",
        "many short lines",
        "parameters",
        "brackets",
        "many headers",
        "many addresses",
        "many quotes",
        "many parts",
        "slow codec",
        "slow codecs",
        "folded fields",
        "many boundaries",
    ],
)
def test_hostile_mail_opens_in_little_time(tmp_path: Path, content: bytes) -> None:
    started = time.thread_time()
    opened(tmp_path, content)
    assert time.thread_time() - started < 1


def test_malformed_header_is_shown_as_it_was_sent(tmp_path: Path) -> None:
    mail = opened(tmp_path, b"Subject: Hello\nFrom: " + b"(" * 3_000 + b"\nContent-Type: text/plain\n\nThe text.\n")
    assert dict(mail.headers)["From"].startswith("((((")
    assert (mail.mail.subject, mail.text) == ("Hello", "The text.\n")


@pytest.mark.parametrize("before", [b"", b"-- \n"])
def test_lines_of_text_are_no_headers(tmp_path: Path, before: bytes) -> None:
    text = before + b"".join(b"Line%d: of a text\n" % number for number in range(1_500))
    mail = opened(tmp_path, b"Subject: Hello\nContent-Type: text/plain\n\n" + text)
    assert mail.text == text.decode()


@pytest.mark.parametrize("charset", ["=no-such-charset", "=idna", "=base64", "*=a%00b''x"])
def test_text_in_no_charset_is_read_as_utf8(tmp_path: Path, charset: str) -> None:
    mail = opened(tmp_path, f"Subject: Hello\nContent-Type: text/plain; charset{charset}\n\nCafé".encode())
    assert mail.text == "Café"


def test_halves_of_characters_are_no_words(tmp_path: Path) -> None:
    mail = opened(tmp_path, b"Subject: =?utf-7?q?a+2AA-?=\nContent-Type: text/plain; charset=utf-7\n\na+2AA-")
    assert (mail.mail.subject, mail.text) == ("a?", "a?")


def test_parts_and_their_words_stay_whole(tmp_path: Path) -> None:
    words = b"The boundary of the ward: it moves. " * 30
    mail = opened(
        tmp_path,
        b"Subject: =?utf-8?q?Caf=C3=A9?=\nContent-Type: multipart/alternative; boundary=x\n\n--x\n"
        b"Content-Type: text/plain\n\n" + words + b"\n--x\nContent-Type: text/html\n\n<p>Yes</p>\n--x--\n",
    )
    assert mail.mail.subject == "Café"
    assert mail.text.strip() == words.decode().strip()
    assert mail.html.strip() == "<p>Yes</p>"
