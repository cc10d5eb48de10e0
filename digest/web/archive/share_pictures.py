"""Which picture stands for which page of the archive where somebody shares it, and the files of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.escape import clean
from digest.mail.rendering.dates import week_dates
from digest.mail.rendering.design import Design
from digest.model import Edition, EditionPost, Picture
from digest.steps.picture_files import FOLDER
from digest.web.archive.share_picture import HEIGHT, WIDTH, ShareCard, draw

_NARROWEST = 600  # pixels: other sites show a smaller one as a stamp
_FLATTEST, _STEEPEST = 2.4, 1.2


@dataclass(frozen=True, slots=True)
class SharePicture:
    """A picture as Open Graph names it."""

    url: str
    alt: str
    width: int
    height: int


class SharePictures:
    """The share pictures of one archive; drawn ones are in the language `own`, whatever that of a page.

    Without a public URL there are none: they need an address.
    """

    def __init__(self, design: Design, own: str) -> None:
        self._design = design
        self._own = own
        self._title, self._purpose = clean(design.title), clean(design.purpose)

    @property
    def of_newsletter(self) -> SharePicture | None:
        return self._drawn(self._card_of_newsletter)

    def of_edition(self, edition: Edition) -> SharePicture | None:
        """Return the lead's own picture if it has a good one, else one with the lead's title."""
        picture, lead = self._own_picture(edition), _lead_of(edition)
        if lead is None or picture is None:
            return self._drawn(self._card_of(edition))
        return SharePicture(
            self._design.picture_url(picture.name), clean(picture.alt or lead.title), picture.width, picture.height
        )

    def cards(self, editions: Iterable[Edition]) -> Iterator[ShareCard]:
        """Yield what is to be drawn."""
        if self._design.public_url:
            yield self._card_of_newsletter
            yield from (self._card_of(each) for each in editions if self._own_picture(each) is None)

    def _own_picture(self, edition: Edition) -> Picture | None:
        lead = _lead_of(edition)
        picture = lead.picture if lead and self._design.images and self._design.public_url else None
        return picture if picture is not None and _suits(picture) else None

    @property
    def _card_of_newsletter(self) -> ShareCard:
        if not self._purpose:
            return ShareCard("", "", self._title, self._accent)
        return ShareCard(self._title, "", self._purpose, self._accent)

    def _card_of(self, edition: Edition) -> ShareCard:
        lead = _lead_of(edition)
        dates = week_dates(edition.starts, edition.ends, self._own, self._design.timezone)
        return ShareCard(self._title, dates, clean(lead.title) if lead else "", self._accent)

    @property
    def _accent(self) -> str:
        return self._design.light.accent.text

    def _drawn(self, card: ShareCard) -> SharePicture | None:
        if not self._design.public_url:
            return None
        return SharePicture(self._design.picture_url(card.name), card.text, WIDTH, HEIGHT)


def _lead_of(edition: Edition) -> EditionPost | None:
    posts = edition.posts
    led = (post for post in posts if post.id == edition.lead)
    return next(led, next((post for post in posts if not post.short), posts[0] if posts else None))


def _suits(picture: Picture) -> bool:
    return picture.width >= _NARROWEST and _STEEPEST <= picture.width / picture.height <= _FLATTEST


def picture_files(
    cards: Iterable[ShareCard], editions: Iterable[Edition], design: Design, folder: Path, origin: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each picture that the archive in `folder` lacks: drawn, or a post's from `origin`.

    A name tells the content, so what is there stays. Raises OSError.
    """
    there = folder / FOLDER
    for card in cards:
        if not (there / card.name).is_file():
            yield f"{FOLDER}/{card.name}", draw(card)
    pictures = (post.picture for edition in editions for post in edition.posts) if design.images else ()
    for name in {picture.name for picture in pictures if picture is not None}:
        if not (there / name).is_file() and (origin / name).is_file():
            yield f"{FOLDER}/{name}", (origin / name).read_bytes()
