"""What Postfix's log says about messages of which we got no answer. Pure: lines in, verdicts out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.mail.smtp.classify_reply import parse_reply
from digest.model import DeliveryState, Reply

# Of bounded reach: a line holds what strangers' servers said, and is read from each place where a pattern may begin.
_LINE = re.compile(r"postfix[\w/-]{0,60}/(\w{1,30})\[\d{1,10}\]: ([0-9A-Za-z]{6,40}): (.*)")
_STATUS = re.compile(r"dsn=([245]\.\d{1,3}\.\d{1,3}), status=(\w{1,20}) \(")
_REPLY = re.compile(r"(?:said: )?([0-9]{3})[ -](.*)")
_TRADITIONAL = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) ")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class LogSays:
    """What became of messages, by Message-ID, and how many lines about mails there were at all."""

    verdicts: dict[str, tuple[DeliveryState, Reply]]
    lines: int


def read_maillog(lines: Iterable[str], wanted: set[str]) -> LogSays:
    """What became of the messages with these Message-IDs: sent (the server took it) or failed (it bounced since).

    Lines come in the order in which they were written; those of rotated logs one log after the other. A Message-ID that
    is not in the result was not accepted as far as these lines tell. Being named by `cleanup` proves nothing, for that
    happens while the message is still coming in; being put into the queue does.
    """
    named: dict[str, str] = {}  # queue id to Message-ID
    verdicts: dict[str, tuple[DeliveryState, Reply]] = {}
    number = 0
    for line in lines:
        match = _LINE.search(line)
        if match is None:
            continue
        number += 1
        daemon, queue_id, text = match.groups()
        if daemon == "cleanup" and text.startswith("message-id="):
            message_id = text.removeprefix("message-id=").strip()
            if message_id in wanted:
                named[queue_id] = message_id
            else:
                named.pop(queue_id, None)  # short queue ids are used again
            continue
        message_id = named.get(queue_id, "")
        if not message_id:
            continue
        if daemon == "qmgr" and "queue active" in text:
            verdicts.setdefault(
                message_id, (DeliveryState.SENT, Reply(250, "2.0.0", "accepted, according to the log", queue_id))
            )
        elif (status := _STATUS.search(text)) and text.rstrip().endswith(")"):
            verdicts[message_id] = _verdict(status[1], status[2], text[status.end() :].rstrip()[:-1], queue_id)
    return LogSays(verdicts, number)


def _verdict(enhanced: str, word: str, text: str, queue_id: str) -> tuple[DeliveryState, Reply]:
    reply_text = _REPLY.search(text)
    reply = parse_reply(int(reply_text[1]), reply_text[2]) if reply_text else Reply(0, enhanced, text[:500])
    reply = Reply(reply.code, reply.enhanced or enhanced, reply.text, queue_id)
    return (DeliveryState.FAILED if word in ("bounced", "expired") else DeliveryState.SENT), reply


def moment_of(line: str, now: datetime) -> datetime | None:
    """When a line was written: RFC 3339 (`2019-03-25T07:00:00.5+00:00 …`) or traditional (`Mar 25 07:00:00 …`).

    None for a line that does not begin with a date. The traditional form has neither year nor zone: the newest year
    that does not lie in the future is meant, and UTC will do, for it only orders logs by the day.
    """
    if match := _TRADITIONAL.match(line):
        month, *rest = match.groups()
        if month not in _MONTHS:
            return None
        day, hour, minute, second = map(int, rest)
        for year in range(now.year + 1, now.year - 8, -1):  # there is a 29th of February within any eight years
            try:
                moment = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
            except ValueError:
                continue
            if moment <= now + timedelta(days=1):
                return moment
        return None
    try:
        moment = datetime.fromisoformat(line.split(" ", 1)[0])
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
