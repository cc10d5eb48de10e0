"""What an editor has typed and not yet applied to the edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TypedField(StrEnum):
    """A text box of the desk. The values stand in stores and in forms: they never change."""

    SUBJECT = "subject"
    PREHEADER = "preheader"
    INTRODUCTION = "introduction"
    TITLE = "title"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Draft:
    """One person's text for one field."""

    field: TypedField
    post: str  # "" for a field of the edition itself
    person: str
    text: str
    mark: str  # of what was there when typing began, as the form has it; "" checks nothing
    saved_at: datetime
