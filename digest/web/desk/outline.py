"""The outline of an edition: one line a post, by theme, with a flag only where there is something to say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.model import Decision, Edition, EditionPost, LeftOut


@dataclass(frozen=True, slots=True)
class Flag:
    """What an editor should notice about a post: a word that is shown, and the rest of it for those who ask."""

    word: str
    rest: str = ""
    doubt: str = ""  # about its theme, as a reason

    def __str__(self) -> str:
        return self.word + self.rest


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A post of the edition as a line of the outline."""

    post: EditionPost
    theme: str
    place: int  # in its theme, from 0
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class OutlineSection:
    """A theme with its posts. Those with a summary come first, then those of which only the title is printed."""

    theme: str
    title: str
    rows: tuple[OutlineRow, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """All lines of the outline; `on_hold` and `left_out` are the posts that are not in the edition."""

    sections: tuple[OutlineSection, ...]  # those with posts, in the edition's order
    unused: tuple[OutlineSection, ...]  # themes without a post
    late: tuple[OutlineRow, ...]
    on_hold: tuple[LeftOut, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def rows(self) -> tuple[OutlineRow, ...]:
        return tuple(row for section in self.sections for row in section.rows)


def outline_of(edition: Edition, themes: Mapping[str, str], decisions: Mapping[str, Decision]) -> Outline:
    """Return the outline. `themes` are those that a post can be moved to, key to title."""
    flags = _flags(((post, section.theme) for section in edition.sections for post in section.posts), themes)
    sections = tuple(
        OutlineSection(
            section.theme,
            section.title,
            tuple(OutlineRow(post, section.theme, place, flags[post.id]) for place, post in enumerate(section.posts)),
        )
        for section in edition.sections
    )
    used = {section.theme for section in sections}
    on_hold = {each.post for each in edition.left_out if each.post in decisions and decisions[each.post].held}
    return Outline(
        sections=sections,
        unused=tuple(OutlineSection(key, title, ()) for key, title in themes.items() if key not in used),
        late=tuple(row for section in sections for row in section.rows if row.post.late),
        on_hold=tuple(each for each in edition.left_out if each.post in on_hold),
        left_out=tuple(each for each in edition.left_out if each.post not in on_hold),
    )


def _flags(posts: Iterable[tuple[EditionPost, str]], themes: Mapping[str, str]) -> dict[str, tuple[Flag, ...]]:
    """Return what an editor should notice about each post, in a few words."""
    posts_of: Counter[str] = Counter()
    flags = {}
    for post, theme in posts:
        posts_of[post.source] += 1
        flags[post.id] = tuple(_flags_of(post, theme, posts_of[post.source], themes))
    return flags


def _flags_of(post: EditionPost, theme: str, number: int, themes: Mapping[str, str]) -> Iterator[Flag]:
    if post.late:
        yield Flag("late")
    if number > 1:
        yield Flag(ordinal(number), " of this source")
    if post.between:
        names = [themes.get(key, key) for key in post.between]
        others = [themes.get(key, key) for key in post.between if key != theme]
        doubt = f"between {' and '.join(names)}"
        yield Flag(f"or {others[0] if others else names[0]}", f": {doubt}", doubt)
    elif not post.sure:
        yield Flag("not sure", " of its theme", "not sure of its theme")
    if post.also_on:
        yield Flag(f"also on {len(post.also_on)}")


def ordinal(number: int) -> str:
    """Write a number as a place: 2 is "2nd"."""
    teen = 10 <= number % 100 <= 20
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
