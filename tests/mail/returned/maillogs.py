"""Lines as Postfix writes them, about fictional messages."""

from __future__ import annotations

TRADITIONAL = "Mar 25 07:00:{:02} mx"
RFC_3339 = "2019-03-25T07:00:{:02}.250000+00:00 mx"


def conversation(message_id: str, queue_id: str, *, form: str = TRADITIONAL, answer: str = "") -> list[str]:
    """What is logged about one message, up to its queueing; with `answer` (`dsn=…, status=… (…)`) up to its end."""
    lines = [
        ("smtpd", "connect from client.example[192.0.2.7]"),
        ("cleanup", f"{queue_id}: message-id={message_id}"),
        ("qmgr", f"{queue_id}: from=<digest@example.org>, size=61440, nrcpt=1 (queue active)"),
    ]
    if answer:
        lines.append(("smtp", f"{queue_id}: to=<ada@reader.example>, relay=mx.reader.example[192.0.2.1]:25, {answer}"))
    return [f"{form.format(second)} postfix/{daemon}[77]: {what}\n" for second, (daemon, what) in enumerate(lines)]
