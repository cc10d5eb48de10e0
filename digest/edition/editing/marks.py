"""Marks of what a form changes, so that no editor overwrites another's work unknowingly.

A form carries the marks of the fields as its page showed them: "title:3f2a…", or several, separated by spaces. A change
that would overwrite a field whose mark differs from the present one clashes. A mark names a field of the change's own
post by its name alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from digest.edition.editing.change import Verb
from digest.model import EditorState
from digest.model.editor_state import Fields

_STANDING = ("pinned", "dropped", "held", "brought_in")
_LENGTH = ("full",)
_SUMMARY = ("sentences", "full")  # a sentence that is ticked makes a title-only post a full one
_POST_FIELDS: dict[Verb, tuple[str, ...]] = {
    **dict.fromkeys((Verb.PIN, Verb.UNPIN, Verb.DROP, Verb.HOLD, Verb.RESTORE), _STANDING),
    Verb.BRING_IN: (*_STANDING, "theme"),
    Verb.LEAD: ("dropped", "held"),
    **dict.fromkeys((Verb.MOVE, Verb.PLACE, Verb.UP, Verb.DOWN), ("theme",)),
    **dict.fromkeys((Verb.FULL, Verb.SHORT, Verb.AUTO), _LENGTH),
    Verb.TITLE: ("title",),
    Verb.NOTE: ("note",),
    Verb.ALT: ("alt",),
    **dict.fromkeys((Verb.HIDE_PICTURE, Verb.SHOW_PICTURE), ("no_picture",)),
    **dict.fromkeys((Verb.SENTENCES, Verb.SUMMARISE), _SUMMARY),
}
_EDITION_FIELDS: dict[Verb, tuple[str, ...]] = {
    **dict.fromkeys((Verb.LEAD, Verb.UNLEAD, Verb.DROP, Verb.HOLD, Verb.SHORT), ("lead",)),
    **dict.fromkeys((Verb.PLACE, Verb.UP, Verb.DOWN), ("lead",)),
    Verb.THEMES: ("themes", "lead"),
    Verb.SUBJECT: ("subject",),
    Verb.PREHEADER: ("preheader",),
    Verb.INTRODUCTION: ("introduction",),
    Verb.SCHEDULE: ("send_at",),
}
_EDITION_NAMES = frozenset(name for names in _EDITION_FIELDS.values() for name in names)
_ORDERED = (Verb.PIN, Verb.PLACE, Verb.UP, Verb.DOWN, Verb.UNPLACE)


def mark(state: EditorState, verb: Verb | str, post: str = "", theme: str = "") -> str:
    """Return the marks of what a form with this verb changes; `theme` is the one that the post is in or goes to."""
    verb = Verb(verb)
    parts = [(name, f"post/{post}/{name}") for name in _POST_FIELDS.get(verb, ())]
    parts += [(name, name) for name in _EDITION_FIELDS.get(verb, ())]
    if verb in _ORDERED and theme:
        parts.append((f"order/{theme}", f"order/{theme}"))
    return " ".join(f"{name}:{_hash(state.value(key))}" for name, key in parts)


def clashing(state: EditorState, post: str, marks: str, fields: Fields) -> tuple[str, ...]:
    """Return the keys in which a change that sets these fields would overwrite what its editor has not seen.

    Whoever wishes what is there already overwrites nothing. A mark that cannot be read always clashes.
    """
    overwritten = {key for key, value in fields.items() if state.value(key) != value}
    keys = []
    for part in marks.split() if overwritten else ():
        name, _, hash_ = part.rpartition(":")
        key = name if name in _EDITION_NAMES or name.startswith("order/") else f"post/{post}/{name}"
        try:
            is_same = _hash(state.value(key)) == hash_
        except AttributeError:
            keys.append(min(overwritten))
        else:
            keys += [key] if key in overwritten and not is_same else []
    return tuple(dict.fromkeys(keys))


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:16]
