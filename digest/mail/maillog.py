"""What Postfix's log says about messages of which we got no answer. Pure: lines in, verdicts out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.mail.reply import parse_reply
from digest.model import DeliveryState, Reply

_LINE = re.compile(r"postfix[\w/-]*/(\w+)\[\d+\]: ([0-9A-Za-z]{6,}): (.*)")
_STATUS = re.compile(r"dsn=([245]\.\d+\.\d+), status=(\w+) \((.*)\)\s*$")
_SAID = re.compile(r"(?:said: )?(\d{3})[ -](.*)")


def read_maillog(lines: Iterable[str], wanted: set[str]) -> dict[str, tuple[DeliveryState, Reply]]:
    """What became of the messages with these Message-IDs: sent (the server took it) or failed (it bounced since).

    A Message-ID that is not in the result was not accepted as far as these lines tell. Being named by `cleanup` proves
    nothing, for that happens while the message is still coming in; being put into the queue does.
    """
    named: dict[str, str] = {}  # queue id to Message-ID
    found: dict[str, tuple[DeliveryState, Reply]] = {}
    for line in lines:
        match = _LINE.search(line)
        if match is None:
            continue
        daemon, queue_id, said = match.groups()
        if daemon == "cleanup" and said.startswith("message-id="):
            message_id = said.removeprefix("message-id=").strip()
            if message_id in wanted:
                named[queue_id] = message_id
            else:
                named.pop(queue_id, None)  # short queue ids are used again
            continue
        message_id = named.get(queue_id, "")
        if not message_id:
            continue
        if daemon == "qmgr" and "queue active" in said:
            found.setdefault(message_id, (DeliveryState.SENT, Reply(250, "2.0.0", "accepted, says the log", queue_id)))
        elif status := _STATUS.search(said):
            found[message_id] = _verdict(status, queue_id)
    return found


def _verdict(status: re.Match[str], queue_id: str) -> tuple[DeliveryState, Reply]:
    enhanced, word, text = status.groups()
    spoken = _SAID.search(text)
    reply = parse_reply(int(spoken[1]), spoken[2]) if spoken else Reply(0, enhanced, text[:500])
    reply = Reply(reply.code, reply.enhanced or enhanced, reply.text, queue_id)
    return (DeliveryState.FAILED if word in ("bounced", "expired") else DeliveryState.SENT), reply
