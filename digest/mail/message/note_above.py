"""A note above a mail that is sent as a test: for colleagues who look at it, and never in an edition. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from digest.escape import clean, escape
from digest.model import EditionMail

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_STYLE = (
    "margin:0;padding:12px 16px;background:#fff4cc;color:#1a1a1a;border-bottom:2px solid #8a6100;"
    "font:16px/1.4 sans-serif;text-align:start"
)


def with_note(mail: EditionMail, note: str, by: str) -> EditionMail:
    """Return the mail with the note above it, and who wrote it. Whatever it holds stands there as text."""
    lines = [clean(line) for line in note.splitlines()]
    if not any(lines):
        return mail
    head = clean(f"A test. {by} writes:")
    body = "<br>".join(escape(line) for line in lines)
    block = f'<div dir="auto" style="{_STYLE}"><strong>{escape(head)}</strong><br>{body}</div>'
    rule = "-" * 40
    return replace(
        mail,
        html=_BODY.sub(lambda match: match[0] + block, mail.html, count=1),
        text="\n".join((head, *lines, rule, "", mail.text)),
    )
