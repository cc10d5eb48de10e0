"""The catcher keeps exactly what came over SMTP; the mailbox reads it."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.errors import MailServerError
from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher


def sample_mail(to: str, subject: str = "A week in ünicode") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "digest@example.org", to, subject
    message.set_content("Good morning.\n.\n..dots at the start of lines\n")
    message.add_alternative("<p>Good <b>morning</b>.</p>", subtype="html")
    message.set_boundary("=-=-=")
    return message.as_bytes().replace(b"\n", b"\r\n")


def send(port: int, *recipients: str, content: bytes | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for recipient in recipients:
            server.sendmail("bounces@example.org", [recipient], content or sample_mail(recipient))


def test_a_caught_mail_is_stored_unchanged(tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mailbox") as catcher:
        send(catcher.port, "amina@example.org", "ben@example.org")
    mailbox = CaughtMailbox(tmp_path / "mailbox")
    newest, oldest = mailbox.messages()
    assert (newest.recipients, oldest.recipients) == (("ben@example.org",), ("amina@example.org",))
    assert newest.sender == "bounces@example.org"
    assert newest.subject == "A week in ünicode"
    assert mailbox.read(newest.id) == sample_mail("ben@example.org")
    assert newest.size == len(sample_mail("ben@example.org"))
    opened = mailbox.open(newest.id)
    assert opened is not None
    assert opened.html.strip() == "<p>Good <b>morning</b>.</p>"
    assert opened.text.splitlines() == ["Good morning.", ".", "..dots at the start of lines"]
    assert ("To", "ben@example.org") in opened.headers


def test_only_the_newest_are_kept_also_after_a_restart(tmp_path: Path) -> None:
    with MailCatcher(tmp_path, keep=3) as catcher:
        send(catcher.port, "1@example.org", "2@example.org")
    with MailCatcher(tmp_path, keep=3) as catcher:
        send(catcher.port, "3@example.org", "4@example.org")
    mailbox = CaughtMailbox(tmp_path)
    assert [message.recipients[0][0] for message in mailbox.messages()] == ["4", "3", "2"]
    assert mailbox.count() == 3
    assert len(list(tmp_path.iterdir())) == 6
    assert [message.recipients[0][0] for message in mailbox.messages(1, after=1)] == ["3"]


def test_catches_many_mails_at_once(tmp_path: Path) -> None:
    with MailCatcher(tmp_path) as catcher, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: send(catcher.port, f"{n}@example.org"), range(20)))
    assert len(CaughtMailbox(tmp_path).messages()) == 20


def test_the_mailbox_reads_only_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "secret.eml").write_text("no")
    folder = tmp_path / "mailbox"
    for identity in ("../secret", "..%2fsecret", "", "0" * 15, "0" * 16):
        assert CaughtMailbox(folder).read(identity) is None
        assert CaughtMailbox(folder).open(identity) is None
    assert CaughtMailbox(folder).messages() == []


def test_broken_mail_is_shown_as_well_as_can_be(tmp_path: Path) -> None:
    broken = b"Subject: =?x-unknown?q?hm?=\r\nContent-Type: text/plain; charset=x-nothing\r\n\r\ncaf\xc3\xa9\r\n"
    with MailCatcher(tmp_path) as catcher:
        send(catcher.port, "amina@example.org", content=broken)
    mailbox = CaughtMailbox(tmp_path)
    opened = mailbox.open(mailbox.messages()[0].id)
    assert opened is not None
    assert "café" in opened.text


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with MailCatcher(tmp_path) as catcher, pytest.raises(MailServerError, match="cannot listen"):
        MailCatcher(tmp_path, port=catcher.port).start()
