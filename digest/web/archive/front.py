"""How the page of an edition is set: its lead, its top stories, and the rest by theme. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest

from digest.mail.rendering.post_view import PostView
from digest.mail.rendering.template_view import SectionView, View

_POSTS = 12  # from here on, a page has top stories
_MOST = 5


@dataclass(frozen=True, slots=True)
class Placed:
    """A post with the section that it belongs to, whose colour and language its label has."""

    post: PostView
    section: SectionView


@dataclass(frozen=True, slots=True)
class Front:
    """The page of an edition. The lead stands in none of the sections."""

    lead: Placed | None
    top: tuple[Placed, ...]  # links to posts below; () where there are few posts
    sections: tuple[SectionView, ...]


def front_of(view: View) -> Front:
    """Return how the edition is set. Its lead is the first of its posts that are not short."""
    first = next((section for section in view.sections if section.posts), None)
    if first is None:
        return Front(None, (), view.sections)
    rest = (replace(one, posts=one.posts[1:]) if one is first else one for one in view.sections)
    # A section of which the lead was all has nothing more to say.
    sections = tuple(one for one in rest if one.posts or one.short or one.anchor != first.anchor)
    return Front(Placed(first.posts[0], first), _top(sections) if view.posts >= _POSTS else (), sections)


def _top(sections: Sequence[SectionView]) -> tuple[Placed, ...]:
    """Return the first post of each section, then the second ones."""
    columns = [[Placed(post, section) for post in section.posts] for section in sections]
    by_rank = chain.from_iterable(zip_longest(*columns))
    return tuple(islice((one for one in by_rank if one is not None), _MOST))
