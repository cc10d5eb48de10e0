"""What a subscriber may choose, and the form in which it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.text import clean_line


def chosen_themes(ticked: Iterable[str], all_themes: Sequence[str]) -> tuple[str, ...] | None:
    """Return the themes to store for a subscriber who ticked these: () if they ticked all or none, which means all.

    Returns None if one of them does not exist: leaving it out would not be what the subscriber chose.
    """
    ticked_keys = set(ticked)
    if not ticked_keys.issubset(all_themes):
        return None
    themes = tuple(theme for theme in all_themes if theme in ticked_keys)
    return () if len(themes) == len(all_themes) else themes


def clean_name(text: str) -> str:
    """Return a name on one line, without invisible characters, at most 100 characters long."""
    return clean_line(text, limit=100)


def masked(email: str) -> str:
    """Mask an address so that only its owner recognises it: `a•••@e•••.org`."""
    local, _, domain = email.rpartition("@")
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{ending}"
