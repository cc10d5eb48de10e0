"""Marks of what a form changes, so that no editor overwrites another's work unknowingly.

A form carries the marks of the fields as its page showed them: "title:3f2a…", or several, separated by spaces. A change
whose marks differ from the present ones clashes. A mark names a field of the change's own post by its name alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from digest.edition.editing.change import Verb
from digest.model import EditorState

_STANDING = ("pinned", "dropped", "held", "brought_in")
_POST_FIELDS: dict[Verb, tuple[str, ...]] = {
    **dict.fromkeys((Verb.PIN, Verb.UNPIN, Verb.DROP, Verb.HOLD, Verb.RESTORE, Verb.BRING_IN), _STANDING),
    Verb.MOVE: ("theme",),
    Verb.PLACE: ("theme",),
    Verb.UP: ("theme",),
    Verb.DOWN: ("theme",),
    **dict.fromkeys((Verb.FULL, Verb.SHORT, Verb.AUTO), ("full",)),
    Verb.TITLE: ("title",),
    Verb.NOTE: ("note",),
    Verb.ALT: ("alt",),
    **dict.fromkeys((Verb.SENTENCES, Verb.SUMMARISE), ("sentences",)),
}
_EDITION_FIELDS: dict[Verb, tuple[str, ...]] = {
    Verb.LEAD: ("lead",),
    Verb.UNLEAD: ("lead",),
    Verb.THEMES: ("themes",),
    Verb.SUBJECT: ("subject",),
    Verb.PREHEADER: ("preheader",),
    Verb.INTRODUCTION: ("introduction",),
    Verb.SCHEDULE: ("send_at",),
}
_ORDERED = (Verb.PLACE, Verb.UP, Verb.DOWN, Verb.UNPLACE)


def mark(state: EditorState, verb: Verb | str, post: str = "", theme: str = "") -> str:
    """Return the marks of what a form with this verb changes; `theme` is the one that the post is in or goes to."""
    verb = Verb(verb)
    parts = [(name, f"post/{post}/{name}") for name in _POST_FIELDS.get(verb, ())]
    parts += [(name, name) for name in _EDITION_FIELDS.get(verb, ())]
    if verb in _ORDERED and theme:
        parts.append((f"order/{theme}", f"order/{theme}"))
    return " ".join(f"{name}:{_hash(state.value(key))}" for name, key in parts)


def differing(state: EditorState, post: str, marks: str) -> tuple[str, ...]:
    """Return the keys of the fields that are not as they were seen. A mark that cannot be read differs."""
    keys = []
    for part in marks.split():
        name, _, value = part.rpartition(":")
        key = name if name in _EDITION_NAMES or name.startswith("order/") else f"post/{post}/{name}"
        try:
            present = _hash(state.value(key))
        except (AttributeError, KeyError):
            present = ""
        if present != value:
            keys.append(key)
    return tuple(keys)


_EDITION_NAMES = frozenset(name for names in _EDITION_FIELDS.values() for name in names)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:16]
