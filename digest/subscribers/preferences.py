"""What a subscriber may choose, and the form in which it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.text import clean_line


def chosen_themes(ticked: Iterable[str], all_themes: Sequence[str]) -> tuple[str, ...] | None:
    """The themes to keep for a subscriber who ticked these: () for all of them, and for none, which can only mean all.

    None where one of them is not known: to keep the rest, or all, would be somebody else's choice.
    """
    ticked_keys = set(ticked)
    if not ticked_keys.issubset(all_themes):
        return None
    themes = tuple(theme for theme in all_themes if theme in ticked_keys)
    return () if len(themes) == len(all_themes) else themes


def clean_name(text: str) -> str:
    """A name on one line, without anything invisible, at most 100 characters."""
    return clean_line(text, limit=100)


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else can use: `a•••@e•••.org`."""
    local, _, domain = email.rpartition("@")
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{ending}"
