"""What a reader may choose, and the form in which it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def chosen_themes(ticked: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The themes to keep for a reader who ticked these: () for all of them, and for none, which can only mean all."""
    chosen = tuple(theme for theme in known if theme in set(ticked))
    return () if len(chosen) == len(known) else chosen


def clean_name(text: str) -> str:
    """A name on one line, without control characters, at most 100 characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:100].strip()


def masked(email: str) -> str:
    """An address that its owner knows again and nobody else can use: `a•••@e•••.org`."""
    local, _, domain = email.rpartition("@")
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{ending}"
