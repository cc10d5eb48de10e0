"""The posts that the first screen names below the lead of the edition. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TypeVar

FEWEST, MOST = 3, 5

Post = TypeVar("Post")


def top_stories(sections: Sequence[Sequence[Post]], *, with_lead: bool = False) -> tuple[Post, ...]:
    """Three to five posts of an edition, or none where there are fewer: the first of each theme, then second ones.

    `sections` are the posts with a summary, by theme, in the order of the mail. The first of all leads the edition: it
    is one of the stories only `with_lead`.
    """
    lines = [list(posts) for posts in sections if posts]
    if not lines:
        return ()
    lead = lines[0].pop(0)
    firsts = [posts.pop(0) for posts in lines[1:]]
    others = [post for row in zip_longest(*lines) for post in row if post is not None]
    stories = [lead] * with_lead + firsts
    stories += others[: max(0, FEWEST - len(stories))]
    return tuple(stories[:MOST]) if len(stories) >= FEWEST else ()
