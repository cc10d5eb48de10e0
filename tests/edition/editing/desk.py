"""An edition that is edited without a store: composed anew from its candidates and the editors' state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from digest.edition.compose import Candidate, CompositionRules, compose
from digest.edition.editing.change import Change, Decided, Facts, Verb
from digest.edition.editing.decide import EDITION_VERBS, decide
from digest.model import ELSEWHERE, Edition, EditorState, LeftOut
from digest.model.editor_state import Fields
from tests.edition.test_compose import THEMES, WINDOW

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
TITLES = {theme.key: theme.title for theme in THEMES} | {ELSEWHERE: "Elsewhere"}
_TEXTS = (Verb.TITLE, Verb.NOTE, Verb.ALT, Verb.DROP, Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION)


@dataclass
class Desk:
    candidates: Sequence[Candidate]
    per_theme: int = 2
    state: EditorState = field(default_factory=EditorState)

    @property
    def edition(self) -> Edition:
        out = {post: each for post, each in self.state.decisions.items() if each.dropped or each.held}
        return compose(
            WINDOW,
            [each for each in self.candidates if each.post.id not in out],
            rules=CompositionRules("The Digest", THEMES, per_theme=self.per_theme, per_source=5, order="rank"),
            decisions=self.state.decisions,
            arrangement=self.state.arrangement,
            left_out=[LeftOut(post, "A title", "", "A", each.dropped or "held") for post, each in out.items()],
            introduction=self.state.introduction,
            subject=self.state.subject,
            preheader=self.state.preheader,
        )

    def line(self, theme: str) -> list[str]:
        return [post.id for each in self.edition.sections if each.theme == theme for post in each.posts]

    def facts(self, post: str, by: str = "Ann") -> Facts:
        of_post = {each.post.id: each for each in self.candidates}.get(post)
        sentences = {(each.start, each.end): len(each.text.split()) for each in of_post.sentences} if of_post else {}
        return Facts(self.edition, by, NOW, TITLES, 2, of_post.post.title if of_post else "", sentences)

    def decide(self, change: Change, by: str = "Ann") -> Decided:
        return decide(change, self.state, self.facts(change.post, by))

    def make(self, change: Change, by: str = "Ann") -> Fields:
        """Make a change; return the fields that undo it."""
        fields = self.decide(change, by).fields
        before = {key: self.state.value(key) for key in fields}
        self.state = self.state.with_fields(fields)
        return before

    def undo(self, fields: Fields) -> None:
        self.state = self.state.with_fields(fields)


def change_by(desk: Desk, verb: Verb, post: str, number: int) -> Change:
    """Return a change with this verb; another number gives another value."""
    spans = sorted(desk.facts(post).sentences)
    return Change(
        verb,
        "" if verb in EDITION_VERBS else post,
        text=f"Words {number}" if verb in _TEXTS else "",
        theme=("recruitment", ELSEWHERE)[number % 2] if verb is Verb.MOVE else "",
        place=number if verb is Verb.PLACE else 0,
        spans=(spans[number % len(spans)],) if spans else (),
        themes=(("recruitment", "comms"), ("elsewhere", "recruitment"))[number % 2],
        moment=NOW + timedelta(hours=number),
    )
