"""An editor's change as a value, and what deciding about it needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.edition.editing.sentence_choice import Span
from digest.model import AuditEvent, Edition, EditionPost, Section
from digest.model.editor_state import Fields


class Verb(StrEnum):
    """What a change does. The values stand in URLs and in the audit trail."""

    # To a post.
    PIN = "pin"
    UNPIN = "unpin"
    LEAD = "lead"  # the whole edition
    UNLEAD = "unlead"
    DROP = "drop"  # text: the reason
    HOLD = "hold"
    RESTORE = "restore"
    BRING_IN = "bring"  # whatever speaks against it; theme: where to, "" for its own
    MOVE = "move"  # theme
    PLACE = "place"  # place from 0, or before which post; theme "" for its present one
    UP = "up"
    DOWN = "down"
    UNPLACE = "unplace"  # its whole theme follows the ranking again
    FULL = "full"
    SHORT = "short"  # title only
    AUTO = "auto"  # full or title only, as the limits say
    TITLE = "title"  # text; "" for the source's own
    NOTE = "note"  # text
    ALT = "alt"  # text
    HIDE_PICTURE = "hide-picture"
    SHOW_PICTURE = "show-picture"
    SENTENCES = "sentences"  # spans
    SUMMARISE = "summarise"  # the automatic summary
    # To the edition.
    THEMES = "themes"  # themes, in order
    SUBJECT = "subject"  # text
    PREHEADER = "preheader"  # text
    INTRODUCTION = "introduction"  # text
    SCHEDULE = "schedule"  # moment; None for the settings' own


@dataclass(frozen=True, slots=True)
class Change:
    """A change that an editor asks for."""

    verb: Verb
    post: str = ""  # "" for a change of the edition
    text: str = ""
    theme: str = ""
    place: int = 0
    before: str = ""  # the post that it is put before, in place of `place`
    spans: tuple[Span, ...] = ()
    themes: tuple[str, ...] = ()
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision about a change needs to know besides what editors decided so far."""

    edition: Edition  # as it is shown now
    by: str
    now: datetime
    themes: Mapping[str, str] = field(default_factory=dict)  # key to title
    at_most: int = 3  # sentences of a summary
    own_title: str = ""  # of the post, by its source
    sentences: Mapping[Span, int] = field(default_factory=dict)  # all of the post's article, each with its words
    max_words: int = 0  # of a summary; 0 for no limit

    def section_of(self, post: str) -> Section | None:
        return next((each for each in self.edition.sections if any(one.id == post for one in each.posts)), None)

    def post(self, post: str) -> EditionPost | None:
        return next((each for each in self.edition.posts if each.id == post), None)

    def title(self, post: str) -> str:
        """Return the title of a post as the editor sees it, shown or left out."""
        left_out = (each.title for each in self.edition.left_out if each.post == post)
        in_edition = self.post(post)
        return in_edition.title if in_edition else next(left_out, "") or self.own_title or "Untitled"

    def ids(self, theme: str) -> list[str]:
        """Return the posts of a theme in the order that is shown."""
        return [post.id for section in self.edition.sections if section.theme == theme for post in section.posts]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a change comes to: the fields that it sets, its name in the audit trail, and a sentence for the editor."""

    event: AuditEvent
    fields: Fields
    sentence: str
