"""Telling the editors that a draft is ready: once for each edition, with what needs their eye."""

from __future__ import annotations

from digest.errors import DigestError
from digest.mail.notes import Note
from digest.model import Edition, EditionStatus, Outcome
from digest.steps.context import Context
from digest.steps.notes import send_note
from digest.store import editions

_TOLD = "editors told"


def tell_editors(context: Context, edition: Edition, status: EditionStatus) -> int:
    """Write to `[newsletter] editors` that the draft waits; returns how many were told.

    A draft is announced once, and only where approval is required: what is sent by itself needs nobody. A mail server
    that refuses is reported and costs nothing else.
    """
    editors = context.settings.newsletter.editors
    if not editors or status is not EditionStatus.DRAFT:
        return 0
    now = context.clock()
    with context.store.writing() as connection:
        if any(row.what == _TOLD for row in editions.trail(connection, edition.week, limit=10_000)):
            return 0
        detail = {"editors": len(editors), "revision": edition.revision}
        editions.note(connection, at=now, by="digest", what=_TOLD, week=edition.week, detail=detail)
    told = 0
    for editor in editors:
        try:
            send_note(context, Note(editor, f"{edition.title} {edition.week} waits for you", note_text(edition)))
        except DigestError as error:
            context.report(f"{edition.week}: an editor could not be told: {error.what}")
        else:
            told += 1
    return told


def note_text(edition: Edition) -> str:
    """What the editors are told. Plain text, in paragraphs."""
    troubled = [row for row in edition.sources if row.outcome in (Outcome.ERROR, Outcome.GONE)]
    lines = [
        f"The draft of {edition.week} is composed: {len(edition.posts)} posts, {len(edition.left_out)} left out.",
        "",
        *(f"  {section.title}: {len(section.posts)}" for section in edition.sections),
        "",
        "Look at it, edit it and approve it on the desk (`digest preview`).",
        "Without your approval nothing is sent: no answer means no edition.",
    ]
    if troubled:
        lines += ["", "Sources in trouble:", "", *(f"  {row.name}: {row.reason}" for row in troubled)]
    return "\n".join(lines) + "\n"
