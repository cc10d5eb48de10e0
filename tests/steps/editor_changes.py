"""Changes of an edition's own words and time, by name: short for `digest.steps.editing.changes.change`."""

from __future__ import annotations

from datetime import datetime

from digest.edition.editing.change import Change, Verb
from digest.steps.context import Context
from digest.steps.editing.changes import Made, change
from digest.week import Week


def write_introduction(context: Context, week: Week, text: str, *, by: str) -> Made:
    """Set the editor's introduction (Markdown)."""
    return change(context, week, Change(Verb.INTRODUCTION, text=text), by=by)


def write_subject(context: Context, week: Week, text: str, *, by: str) -> Made:
    """Set the editor's own subject; "" lets the template write it."""
    return change(context, week, Change(Verb.SUBJECT, text=text), by=by)


def schedule(context: Context, week: Week, moment: datetime | None, *, by: str) -> Made:
    """Set when the approved edition is sent; None follows the settings. Content and approval stay."""
    return change(context, week, Change(Verb.SCHEDULE, moment=moment), by=by)
