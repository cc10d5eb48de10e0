"""Shorten an edition that is too long for one mail: by a rule that is the same for every post, and shown to the editor.

Gmail cuts a mail whose HTML is longer than about 102,000 bytes and hides the rest, footer and unsubscribe link
included. So a week that comes out longer is rendered again with less of each summary, and in the end with titles only.
Every post stays in the mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.model import Edition, EditionMail, EditionPost

CLIPPED_AT = 102_000  # bytes of HTML: Gmail
ROOM = 90_000  # the size that a mail is made to fit: a mail program or list server may add to it


@dataclass(frozen=True, slots=True)
class Rule:
    """How much of each summary is kept."""

    sentences: int
    description: str  # for the editor

    def applied(self, edition: Edition) -> Edition:
        return replace(
            edition,
            sections=tuple(
                replace(section, posts=tuple(self._shortened(post) for post in section.posts))
                for section in edition.sections
            ),
        )

    def _shortened(self, post: EditionPost) -> EditionPost:
        return replace(post, summary=post.summary[: self.sentences]) if len(post.summary) > self.sentences else post


RULES = (
    Rule(2, "summaries have at most two sentences"),
    Rule(1, "summaries have one sentence"),
    Rule(0, "posts have a title and no summary"),
)


Draw = Callable[[Edition, int | None], EditionMail | None]
"""Draws an edition; with a number of bytes, it may return None where the HTML is sure to be longer than that."""


def shorten_to_fit(edition: Edition, draw: Draw) -> EditionMail:
    """The edition drawn whole, or by the first rule under which it fits; by the last where none does."""
    ways = [(edition, "")]
    ways += [(shorter, rule.description) for rule in RULES if (shorter := rule.applied(edition)) != edition]
    for way, description in ways:
        is_last = way is ways[-1][0]
        rendered = draw(way, None if is_last else ROOM)
        if rendered is not None and (is_last or size(rendered) <= ROOM):
            return replace(rendered, shortened=description)
    raise AssertionError("The last way is drawn whatever its size.")


def size(rendered: EditionMail) -> int:
    """Bytes of the HTML part."""
    return len(rendered.html.encode())
