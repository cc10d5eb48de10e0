"""The text boxes of the workbench: what each shows, what the edition says, and who else writes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.edition.editing import marks
from digest.model import Draft, Edition, EditorState, TypedField
from digest.steps.editing.drafts import LONGEST, Drafts, text_in
from digest.web.desk.edit_conflicts import text_hash


@dataclass(frozen=True, slots=True)
class TextBox:
    """One text box."""

    name: str  # a TypedField
    post: str  # "" for a field of the edition
    text: str  # what it shows: the draft of whoever looks, else what the edition says
    applied: str  # what the edition says
    mark: str  # of what the edition said when this text was begun
    present_mark: str  # of what the edition says now
    draft: Draft | None = None  # saved, and not in the mail
    others: tuple[Draft, ...] = ()  # what other people are writing here

    @property
    def longest(self) -> int:
        return LONGEST[TypedField(self.name)]

    @property
    def unapplied(self) -> bool:
        """Whether the mail does not show this text yet."""
        return self.draft is not None or self.text != self.applied

    @property
    def clashes(self) -> bool:
        """Whether somebody else changed the field since this text was begun."""
        return self.unapplied and self.mark != self.present_mark

    @property
    def text_mark(self) -> str:
        """A hash of the text that the box shows: a form that carries another text was typed in."""
        return text_hash(self.text)


@dataclass(frozen=True, slots=True)
class TextBoxes:
    """All text boxes of a page, for one person."""

    edition: Edition
    state: EditorState
    drafts: Drafts
    typed: Mapping[str, str]  # by name: what a form carried that could not be accepted
    typed_post: str = ""  # the post that its title and note are about

    def box(self, name: str, post: str = "") -> TextBox:
        field = TypedField(name)
        applied = text_in(self.edition, field, post) or ""
        draft = self.drafts.own.get((name, post))
        present_mark = marks.mark(self.state, name, post)
        mark = draft.mark if draft and draft.mark else present_mark
        text = draft.text if draft else applied
        if name in self.typed and (not post or post == self.typed_post):
            text = self.typed[name]
        return TextBox(name, post, text, applied, mark, present_mark, draft, self.drafts.of_others(name, post))

    def box_clashes(self, key: str) -> bool:
        """Whether the box of a field, such as "subject" or "post/ID/title", shows that somebody else changed it."""
        name, post = key.rpartition("/")[2], key.split("/")[1] if key.startswith("post/") else ""
        return name in set(TypedField) and self.box(name, post).clashes

    @property
    def unapplied(self) -> tuple[str, ...]:
        """The names of the person's own texts that the mail does not show."""
        titles = {post.id: post.title for post in self.edition.posts}
        return tuple(
            f"the {draft.field}"
            + (f" of “{titles.get(draft.post, 'a post that is not in the edition')}”" if draft.post else "")
            for draft in self.drafts.own.values()
        )
