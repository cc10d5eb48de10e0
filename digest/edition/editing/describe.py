"""Fields and their values in plain words, for clashes and the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from digest.text import clip

_POST_NAMES = {
    "theme": "theme",
    "dropped": "dropping",
    "held": "holding",
    "pinned": "pin",
    "title": "title",
    "sentences": "summary",
    "note": "note",
    "alt": "description of the picture",
    "full": "length",
    "brought_in": "bringing in",
    "no_picture": "picture",
}
_EDITION_NAMES = {
    "introduction": "introduction",
    "subject": "subject",
    "preheader": "preheader",
    "send_at": "time of sending",
    "lead": "lead of the edition",
    "themes": "order of the themes",
}
_LONGEST = 300  # characters of a value


def name_of(key: str, titles: Callable[[str], str], themes: Mapping[str, str]) -> str:
    """Return what a field is: "title of “How we worked”"."""
    kind, _, rest = key.partition("/")
    if kind == "post":
        post, _, name = rest.partition("/")
        return f"{_POST_NAMES.get(name, name)} of “{titles(post)}”"
    if kind == "order":
        return f"order of {themes.get(rest, rest)}"
    return _EDITION_NAMES.get(key, key)


def value_of(key: str, value: Any, titles: Callable[[str], str], themes: Mapping[str, str]) -> str:
    """Return a value in words: "“A better title”", "dropped: off topic"."""
    kind, name = key.partition("/")[0], key.rpartition("/")[2]
    if kind == "order":
        return ", ".join(f"“{titles(post)}”" for post in value) or "as ranked"
    if kind == "themes":
        return ", ".join(themes.get(each, each) for each in value) or "as in the settings"
    if kind == "send_at":
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M} UTC" if value else "as in the settings"
    if key == "lead":
        return f"“{titles(value)}”" if value else "none"
    if kind == "post" and name in _WORDS:
        return _WORDS[name](value, themes)
    return f"“{clip(str(value), _LONGEST)}”" if value else "empty"


_WORDS: dict[str, Callable[[Any, Mapping[str, str]], str]] = {
    "theme": lambda value, themes: themes.get(value, value) or "its own",
    "dropped": lambda value, _: f"dropped: {value}" if value else "not dropped",
    "held": lambda value, _: "held for the next edition" if value else "not held",
    "pinned": lambda value, _: "pinned" if value else "not pinned",
    "sentences": lambda value, _: f"{len(value)} chosen by hand" if value else "automatic",
    "full": lambda value, _: {True: "in full", False: "title only"}.get(value, "as the limits say"),
    "no_picture": lambda value, _: "left out" if value else "shown",
    "brought_in": lambda value, _: f"brought in by {value}" if value else "not brought in",
}
