"""Drafts: what an editor types is saved here at once, and is in the edition only when they leave the field or save it.

A draft belongs to one field and one person: two people who type in the same field each find their own text again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.edition.editing import decide
from digest.edition.editing.change import Verb
from digest.errors import UsageError
from digest.model import Draft, Edition, EditionStatus, TypedField
from digest.steps.context import Context
from digest.steps.editing.edition_view import load_edition
from digest.store import drafts
from digest.text import without_controls
from digest.week import Week

LONGEST: Mapping[TypedField, int] = {each: decide.LONGEST[Verb(each.value)] for each in TypedField}
"""Characters that a text may have. A draft may have a few times as many: it is shortened later, not lost."""

_TIMES_AS_LONG = 4
_MOST_OF_A_PERSON = 200  # drafts of one week
_POST_FIELDS = (TypedField.TITLE, TypedField.NOTE)
_EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)

Key = tuple[str, str]
"""The name of a field and the post that it is about; "" for a field of the edition."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """What is typed and not applied, as one person sees it."""

    own: Mapping[Key, Draft]
    others: tuple[Draft, ...] = ()

    def of_others(self, field: str, post: str = "") -> tuple[Draft, ...]:
        return tuple(each for each in self.others if (each.field, each.post) == (field, post))


def save(context: Context, week: Week, *, by: str, field: str, post: str, text: str, mark: str = "") -> datetime | None:
    """Store what `by` has typed; return when, or None where the edition says the same and no draft is needed.

    Raises UsageError if there is no such edition, field or post, if the text is far too long, or if the edition cannot
    be changed any more.
    """
    row, edition = load_edition(context, week)
    kind = _field(field)
    if row.status not in _EDITABLE:
        raise UsageError(
            f"The edition {week} is {row.status.value}: it cannot be changed any more.", "Copy your text first."
        )
    now = text_in(edition, kind, post)
    if now is None:
        raise UsageError("This post is no longer in the edition.", "Copy your text, then reload the page.")
    most = LONGEST[kind] * _TIMES_AS_LONG
    if len(text) > most:
        raise UsageError(f"The text has {len(text):,} characters.", f"Shorten it to {LONGEST[kind]:,} at most.")
    draft = Draft(kind, post, by, without_controls(text), without_controls(mark)[:64], context.clock())
    with context.store.writing() as connection:
        if normal(text, kind) == normal(now, kind):
            drafts.discard(connection, week, kind, post, by)
            return None
        drafts.save(connection, week, draft, at_most=_MOST_OF_A_PERSON)
    return draft.saved_at


def discard(context: Context, week: Week, *, by: str, field: str, post: str = "") -> None:
    """Delete a draft: it was applied, or its writer does not want it. Raises UsageError if there is no such field."""
    with context.store.writing() as connection:
        drafts.discard(connection, week, _field(field), post, by)


def shown_to(context: Context, week: Week, edition: Edition, person: str) -> Drafts:
    """Return the drafts that differ from the edition: the person's own and those of others."""
    with context.store.reading() as connection:
        stored = drafts.of_week(connection, week)
    unapplied = [
        each
        for each in stored
        if (now := text_in(edition, each.field, each.post)) is None
        or normal(each.text, each.field) != normal(now, each.field)
    ]
    own = {(each.field.value, each.post): each for each in unapplied if each.person == person}
    return Drafts(own, tuple(each for each in unapplied if each.person != person))


def text_in(edition: Edition, field: TypedField, post: str) -> str | None:
    """Return what the edition says in a field; None if the post is not printed in it. Pure."""
    if field not in _POST_FIELDS:
        return str(getattr(edition, field.value)) if not post else None
    printed = next((each for each in edition.posts if each.id == post), None)
    return None if printed is None else str(getattr(printed, field.value))


def normal(text: str, field: TypedField) -> str:
    """Return the text as it would be stored: one line without surplus spaces, or paragraphs. Pure."""
    text = without_controls(text)
    if field is TypedField.INTRODUCTION:
        return text.replace("\r\n", "\n").strip()
    return " ".join(text.split())


def _field(name: str) -> TypedField:
    try:
        return TypedField(name)
    except ValueError:
        raise UsageError(f"The desk has no field {name[:40]!r}.", "Reload the page.") from None
