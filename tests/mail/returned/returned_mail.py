"""Returned mail as servers write it, about a fictional subscriber."""

from __future__ import annotations

ORIGINAL = """\
Return-Path: <digest@example.org>
Message-ID: {message_id}
From: Digest <digest@example.org>
To: ada@reader.example
Subject: The week
List-Unsubscribe: <https://digest.example.org/unsubscribe/{token}>,
 <mailto:digest@example.org?subject=unsubscribe%20{token}>
MIME-Version: 1.0
Content-Type: text/plain

Hello
"""


def dsn(token: str, *, status: str = "5.1.1", action: str = "failed", message_id: str = "<1@x>", to: str = "") -> bytes:
    """A delivery status notification, as Postfix writes it."""
    original = ORIGINAL.format(token=token, message_id=message_id)
    return f"""\
Return-Path: <>
To: {to or "digest@example.org"}
From: MAILER-DAEMON@mx.reader.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.reader.example.

<ada@reader.example>: host 192.0.2.1 said: 550 {status} <ada@reader.example>: no such user

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.reader.example
X-Postfix-Queue-ID: 4ABC
Arrival-Date: Mon, 25 Mar 2019 07:00:00 +0000

Final-Recipient: rfc822; ada@reader.example
Original-Recipient: rfc822;ada@reader.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <ada@reader.example>: no such user

--b1
Content-Type: message/rfc822

{original}
--b1--
""".replace("\n", "\r\n").encode()


def headers_only(token: str) -> bytes:
    """A report that returns only the headers of the mail."""
    return (
        dsn(token)
        .replace(b"Content-Type: message/rfc822", b"Content-Type: text/rfc822-headers")
        .replace(b"\r\nHello\r\n", b"")
    )


def complaint(token: str, feedback: str = "abuse") -> bytes:
    """An abuse report (RFC 5965)."""
    original = ORIGINAL.format(token=token, message_id="<1@x>")
    return f"""\
From: <feedback@provider.example>
To: <complaints@example.org>
Subject: FW: The week
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an email abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: SomeGenerator/1.0
Version: 1

--b2
Content-Type: message/rfc822

{original}
--b2--
""".encode()


def qmail(token: str) -> bytes:
    """A bounce of qmail: no report, only text, with the mail below."""
    original = ORIGINAL.format(token=token, message_id="<1@x>")
    return f"""\
From: MAILER-DAEMON@reader.example
To: digest@example.org
Subject: failure notice

Hi. This is the qmail-send program at reader.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@reader.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{original}""".encode()


def exim(token: str) -> bytes:
    """A bounce of an older Exim: text, a header of its own, and the mark of an automatic reply."""
    original = ORIGINAL.format(token=token, message_id="<1@x>")
    return f"""\
X-Failed-Recipients: ada@reader.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.reader.example>
To: digest@example.org
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@reader.example
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

{original}""".encode()


def holiday(token: str, mark: str = "Auto-Submitted: auto-replied") -> bytes:
    """An automatic reply: `mark` is the header that marks it as such, or "" for none."""
    return f"""\
From: ada@reader.example
To: digest@example.org
Subject: Away until Monday
{mark or "X-Mailer: one that says nothing"}

I am away. You wrote: https://digest.example.org/unsubscribe/{token}
""".encode()


def farewell(token: str, mark: str = "") -> bytes:
    """An automatic reply in the words of a bounce, with the mail below it."""
    original = ORIGINAL.format(token=token, message_id="<1@x>")
    return f"""\
From: Ada Penhale <ada@reader.example>
To: digest@example.org
Subject: Automatic reply: The week
{mark or "X-Mailer: one that says nothing"}

Hi. This is the qmail-send program at reader.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@reader.example>:
I have left; this mailbox is no longer read. (#5.1.1)

--- Below this line is a copy of the message.

{original}""".encode()


def please_remove(token: str) -> bytes:
    return f"From: ada@reader.example\nTo: digest@example.org\nSubject: Re: unsubscribe {token}\n\n".encode()


def letter() -> bytes:
    return b"From: ada@reader.example\nTo: digest@example.org\nSubject: A question\n\nWho writes this?\n"
