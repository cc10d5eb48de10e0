"""What a visitor learns of the newsletter before subscribing: when it comes, how long it is, the latest editions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from digest.edition.rhythm import Rhythm, rhythm_of
from digest.escape import clean
from digest.mail.rendering.dates import minutes
from digest.memory import Memory
from digest.model import Edition, EditionPost, EditionStatus
from digest.steps.context import Context
from digest.store import editions
from digest.text import clip
from digest.week import Week
from digest.words.language_tags import known_language

_PUBLISHED = (EditionStatus.SENDING, EditionStatus.SENT)
_OVER = (*_PUBLISHED, EditionStatus.SKIPPED)
_LISTED = 6  # editions: the latest and the earlier ones
_TYPICAL = 8  # editions whose middle is the usual length
_HEADLINES = 3
_TITLE_LENGTH = 150  # characters


@dataclass(frozen=True, slots=True)
class Headline:
    """A post of the latest edition."""

    title: str
    language: str  # known tag; "" if it is not known
    anchor: str  # in the edition's page of the archive; "" for none


@dataclass(frozen=True, slots=True)
class PastEdition:
    """An edition that went out."""

    week: Week
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """The newsletter at a glance."""

    editions: tuple[PastEdition, ...]  # newest first
    headlines: tuple[Headline, ...]  # of the first of them
    posts: int  # in the usual edition; 0 if not known
    minutes: int  # to read it; 0 if not known
    rhythm: Rhythm


_Content = tuple[tuple[PastEdition, ...], tuple[Headline, ...], int, int]


class Glances:
    """Gives a `Glance`. What editions hold is read again only when one has changed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memory: Memory[tuple[tuple[Week, int], ...], _Content] = Memory(1)

    def __call__(self) -> Glance:
        with self._context.store.reading() as connection:
            rows = editions.list_all(connection)
            published = tuple((row.week, row.revision) for row in rows if row.status in _PUBLISHED)[:_TYPICAL]
            content = self._memory.get(published)
            if content is None:
                loaded = (editions.load(connection, week) for week, _ in published)
                content = self._memory.put(published, _content([edition for edition in loaded if edition]))
        listed, headlines, posts, reading = content
        rhythm = rhythm_of(
            self._context.settings,
            self._context.clock(),
            sent=[(row.week, row.sent_at) for row in rows if row.sent_at is not None],
            over={row.week for row in rows if row.status in _OVER},
        )
        return Glance(listed, headlines, posts, reading, rhythm)


def _content(newest_first: Sequence[Edition]) -> _Content:
    return (
        tuple(PastEdition(one.week, one.starts, one.ends) for one in newest_first[:_LISTED]),
        _headlines(newest_first[0]) if newest_first else (),
        _middle(newest_first, lambda one: len(one.posts)),
        minutes(_middle(newest_first, _words)),
    )


def _middle(all_editions: Sequence[Edition], number: Callable[[Edition], int]) -> int:
    return round(median(map(number, all_editions))) if all_editions else 0


def _words(edition: Edition) -> int:
    """How many words of titles, summaries and the editor there are to read."""
    texts = [edition.introduction, *(f"{post.title} {' '.join(post.summary)} {post.note}" for post in edition.posts)]
    return sum(len(text.split()) for text in texts)


def _headlines(edition: Edition) -> tuple[Headline, ...]:
    """Return the edition's lead, then the first post of each theme, then the others."""

    def order(place: tuple[int, EditionPost]) -> tuple[bool, bool, int]:
        number, post = place
        return post.id != edition.lead, post.short, number

    placed = [(number, post) for section in edition.sections for number, post in enumerate(section.posts)]
    titled = [(post, clip(clean(post.title), _TITLE_LENGTH)) for _, post in sorted(placed, key=order)]
    return tuple(
        Headline(title, known_language(post.language), "" if post.short else f"post-{post.id}")
        for post, title in titled
        if title
    )[:_HEADLINES]
