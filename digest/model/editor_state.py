"""All that editors decided and wrote about one edition, as a value, and as fields that can be compared and put back.

A field has a key and a plain JSON value. Fields with their default value are left out of a mapping of fields:

    introduction · subject · preheader · send_at · lead · themes
    order/THEME                the ids of the theme's posts in the editor's order
    post/ID/NAME               one field of the decision about a post: title, pinned, note, …
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from digest.model.edition import Arrangement, Decision

Fields = Mapping[str, Any]
"""Values by the keys of their fields."""

TEXTS = ("introduction", "subject", "preheader")
_DEFAULTS = {each.name: each.default for each in fields(Decision) if each.name != "post"}


@dataclass(frozen=True, slots=True)
class EditorState:
    """What editors decided and wrote about one edition."""

    decisions: Mapping[str, Decision] = field(default_factory=dict)  # by post; none that decides nothing
    arrangement: Arrangement = field(default_factory=Arrangement)
    introduction: str = ""  # Markdown
    subject: str = ""
    preheader: str = ""
    send_at: datetime | None = None

    def decision(self, post: str) -> Decision:
        return self.decisions.get(post, Decision(post))

    def fields(self) -> dict[str, Any]:
        """Return every field that has another value than its default."""
        values: dict[str, Any] = {name: getattr(self, name) for name in TEXTS}
        values |= {"lead": self.arrangement.lead, "themes": list(self.arrangement.themes)}
        values["send_at"] = self.send_at.isoformat() if self.send_at else None
        values |= {f"order/{theme}": list(posts) for theme, posts in self.arrangement.posts.items()}
        for post, decision in self.decisions.items():
            values |= {f"post/{post}/{name}": _plain(getattr(decision, name)) for name in _DEFAULTS}
        return {key: value for key, value in values.items() if value != default_of(key)}

    def value(self, key: str) -> Any:
        """Return the value of one field."""
        kind, _, rest = key.partition("/")
        if kind == "post":
            post, _, name = rest.partition("/")
            return _plain(getattr(self.decision(post), name))
        if kind == "order":
            return list(self.arrangement.posts.get(rest, ()))
        return self.fields().get(key, default_of(key))

    def with_fields(self, values: Fields) -> EditorState:
        """Return the state with these fields set."""
        decisions, orders = dict(self.decisions), dict(self.arrangement.posts)
        state, arrangement = self, self.arrangement
        for key, value in values.items():
            kind, _, rest = key.partition("/")
            if kind == "post":
                post, _, name = rest.partition("/")
                typed: Any = tuple((start, end) for start, end in value) if name == "sentences" else value
                decisions[post] = replace(decisions.get(post, Decision(post)), **{name: typed})
            elif kind == "order":
                orders[rest] = tuple(value)
            elif kind == "themes":
                arrangement = replace(arrangement, themes=tuple(value))
            elif kind == "lead":
                arrangement = replace(arrangement, lead=value)
            elif kind == "send_at":
                state = replace(state, send_at=datetime.fromisoformat(value) if value else None)
            elif kind in TEXTS:
                state = replace(state, **{kind: value})
            else:
                raise KeyError(key)
        return replace(
            state,
            decisions={post: each for post, each in decisions.items() if each != Decision(post)},
            arrangement=replace(arrangement, posts={theme: posts for theme, posts in orders.items() if posts}),
        )


def default_of(key: str) -> Any:
    """Return the value that a field has when nobody has decided anything."""
    kind, _, rest = key.partition("/")
    if kind == "post":
        return _plain(_DEFAULTS[rest.partition("/")[2]])
    return {"order": [], "themes": [], "send_at": None}.get(kind, "")


def posts_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the posts that fields are about, in the order of their keys."""
    return tuple(dict.fromkeys(key.split("/")[1] for key in keys if key.startswith("post/")))


def _plain(value: Any) -> Any:
    return [list(each) for each in value] if isinstance(value, tuple) else value
