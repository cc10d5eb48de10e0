"""What a message about alerts says: the subject and text of the mail, and the JSON of the webhook. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from digest.log import without_addresses
from digest.model.alert import AlertRecord
from digest.steps.alerting.plan import AlertMessage
from digest.text import clip, one_line

_MOST = 25  # alerts of a part that are said one by one
_SUBJECT = 150  # characters
_LONGEST = 1000  # characters of a sentence: a source's name or a server's own words may be long


def subject(title: str, message: AlertMessage) -> str:
    """Say the most urgent alert, and how many more there are."""
    rows = message.fresh or message.again or message.resolved
    first = f"{_sentence(rows[0].alert.what).rstrip('.')}"
    more = f", and {len(rows) - 1} more" if len(rows) > 1 else ""
    word = "" if message.fresh else "still: " if message.again else "mended: "
    return f"{title}: {word}{clip(first, _SUBJECT - len(more))}{more}"


def text(message: AlertMessage) -> str:
    """Return the message as plain text, in paragraphs. Names no address."""
    parts = [
        *_part("New:", message.fresh),
        *_part("Still so:", message.again),
        *_part("Mended. It was:", message.resolved, remedy=False),
    ]
    if message.fresh or message.again:
        parts.append("This is said once a day until it is mended. `digest alerts` shows how it is now.")
    return "\n\n".join(parts) + "\n"


def _part(heading: str, records: Sequence[AlertRecord], *, remedy: bool = True) -> Iterator[str]:
    if records:
        yield heading
    for record in records[:_MOST]:
        advice = f"\n  {_sentence(record.alert.remedy)}" if remedy and record.alert.remedy else ""
        yield f"- {_sentence(record.alert.what)}{advice}"
    if len(records) > _MOST:
        yield f"- … and {len(records) - _MOST} more."


def _sentence(words: str) -> str:
    return clip(one_line(without_addresses(words)), _LONGEST)


def webhook_body(title: str, words: str) -> bytes:
    """Return the JSON that Slack, Teams and Mattermost read."""
    # Slack's own marks: <!channel> would call everybody. The others show the three as they are meant, too.
    safe = f"*{title}*\n\n{words}".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return json.dumps({"text": safe}).encode()
