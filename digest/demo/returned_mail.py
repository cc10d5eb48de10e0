"""Mail that comes back to the demo's newsletter, as mail servers write it, put into its Maildir."""

from __future__ import annotations

import os
from datetime import datetime
from email import message_from_bytes
from email.utils import format_datetime, formataddr
from pathlib import Path

from digest.private_files import open_private, private_folder

_QUOTED = ("From", "To", "Subject", "Message-ID", "List-Unsubscribe", "Date")
_BOUNDARY = "report-of-the-demo"


def not_delivered(sent: bytes, to: str, at: datetime) -> bytes:
    """A delivery report (RFC 3464): the address does not exist."""
    domain = to.partition("@")[2]
    says = f"550 5.1.1 <{to}>: Recipient address rejected: User unknown"
    status = (
        f"Reporting-MTA: dns; mx.{domain}\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; {says}\n"
    )
    return _report(
        sent, "delivery-status", f"MAILER-DAEMON@mx.{domain}", "Undelivered Mail Returned to Sender", says, status, at
    )


def complaint(sent: bytes, at: datetime) -> bytes:
    """An abuse report (RFC 5965): somebody has pressed "this is spam"."""
    status = "Feedback-Type: abuse\nUser-Agent: Mailhouse-FBL/1.0\nVersion: 1\n"
    return _report(
        sent,
        "feedback-report",
        "feedback@mailhouse.example",
        "FW: spam report",
        "A report about your mail.",
        status,
        at,
    )


def _report(sent: bytes, kind: str, sender: str, subject: str, text: str, status: str, at: datetime) -> bytes:
    """A report in three parts: for people, for programs, and the headers of the mail that it is about."""
    original = message_from_bytes(sent)
    quoted = "".join(f"{name}: {' '.join(str(original[name]).split())}\n" for name in _QUOTED if original[name])
    parts = (("text/plain; charset=utf-8", text), (f"message/{kind}", status), ("text/rfc822-headers", quoted))
    head = (
        f"From: {formataddr(('Mail Delivery System', sender))}\nTo: {original['From']}\nSubject: {subject}\n"
        f"Date: {format_datetime(at)}\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{_BOUNDARY}"\n\n'
    )
    body = "".join(f"--{_BOUNDARY}\nContent-Type: {of}\n\n{part}\n" for of, part in parts)
    return f"{head}{body}--{_BOUNDARY}--\n".replace("\n", "\r\n").encode()


def put_into(maildir: Path, mail: bytes, at: datetime) -> None:
    """Deliver a mail as if it had come at that moment."""
    for name in ("cur", "new", "tmp"):
        private_folder(maildir / name)
    number = sum(1 for _ in (maildir / "new").iterdir())
    path = maildir / "new" / f"{int(at.timestamp())}.{number}.demo"
    with open_private(path) as file:
        file.write(mail)
    os.utime(path, (at.timestamp(), at.timestamp()))
