"""The picture that stands for a page of the archive elsewhere: the lead's own, or one that is drawn once."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from digest.model import Edition, Picture
from digest.steps.editing.published import PublishedEdition
from digest.web.archive.build import archive_files, build_archive
from digest.web.archive.share_picture import ShareCard, draw
from digest.web.archive.share_pictures import SharePictures
from tests.mail.editions import DESIGN, edition
from tests.web.test_archive import RENDERER, SOURCES, WORDS

CARD = ShareCard("The Harbour Digest", "18–24 March 2019", "How we moved permits off paper", "#17407a")
PICTURED = replace(DESIGN, images=True)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image.convert("RGB")


def with_lead_picture(picture: Picture) -> Edition:
    plain = edition(3)
    first, *others = plain.sections
    lead, *rest = first.posts
    return replace(plain, sections=(replace(first, posts=(replace(lead, picture=picture), *rest)), *others))


WIDE = Picture("0123456789abcdef.jpg", 1200, 630, 90_000, "A quay")


@pytest.mark.parametrize(
    "card",
    [
        CARD,
        replace(CARD, title="Y Crynodeb", headline="Ŵyl fawr yn y dref: dŵr, ŷd a thŷ"),
        replace(CARD, headline="Donaudampfschifffahrtselektrizitätenhauptbetriebswerk " * 9, title="A" * 200),
        replace(CARD, title="", line="", headline=""),
    ],
)
def test_a_card_is_drawn_the_same_each_time_and_stays_small(card: ShareCard) -> None:
    content = draw(card)
    image = opened(content)
    assert (image.size, draw(card)) == ((1200, 630), content)
    assert len(content) < 60_000
    assert image.getpixel((5, 5)) == (0x17, 0x40, 0x7A)
    assert {image.getpixel((x, 315)) for x in (0, 1199)} == {(0x17, 0x40, 0x7A)}, "nothing runs over the edge"


def test_letters_that_the_font_lacks_leave_no_boxes() -> None:
    bare = draw(ShareCard("", "", "", CARD.accent))
    assert draw(ShareCard("النشرة", "١٨ مارس", "عنوان", CARD.accent)) == bare
    assert draw(replace(CARD, headline="ペン")) == draw(replace(CARD, headline=""))
    assert draw(replace(CARD, headline="Bin day 🤔")) == draw(replace(CARD, headline="Bin day")), "but for signs"


def test_another_card_has_another_name() -> None:
    cards = [CARD, *(replace(CARD, **{name: "#000000"}) for name in ("title", "line", "headline", "accent"))]
    assert len({card.name for card in cards}) == len(cards)


@pytest.mark.parametrize(
    ("picture", "own"),
    [(WIDE, True), (replace(WIDE, width=500, height=300), False), (replace(WIDE, height=1200), False)],
)
def test_the_leads_own_picture_stands_for_its_edition_if_it_is_wide_enough(picture: Picture, own: bool) -> None:
    shares = SharePictures(PICTURED, "en-GB")
    shared = shares.of_edition(with_lead_picture(picture))
    assert shared is not None
    assert shared.url.endswith(picture.name) == own
    assert shared.alt == "A quay" or not own
    assert len(list(shares.cards([with_lead_picture(picture)]))) == (1 if own else 2), "drawn: the newsletter's too"
    assert not SharePictures(replace(PICTURED, public_url=""), "en-GB").of_edition(with_lead_picture(picture))


def test_pages_name_their_picture_and_only_what_is_missing_is_written(tmp_path: Path) -> None:
    pictured = with_lead_picture(WIDE)
    published = PublishedEdition(pictured, RENDERER.render(pictured))
    page = archive_files([published], PICTURED, WORDS, SOURCES)["2019-W12/index.html"].decode()
    for name, value in (
        ("image", f"{DESIGN.archive_url}images/{WIDE.name}"),
        ("image:alt", "A quay"),
        ("image:width", "1200"),
        ("type", "article"),
        ("url", f"{DESIGN.archive_url}2019-W12/"),
    ):
        assert f'<meta property="og:{name}" content="{value}">' in page
    assert '<meta name="twitter:card" content="summary_large_image">' in page
    assert 'images/0123456789abcdef.jpg" alt="A quay" width="1200" height="630" loading="lazy"' in page
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / WIDE.name).write_bytes(b"a picture")
    build_archive([published], PICTURED, WORDS, SOURCES, tmp_path / "out", pictures=kept)
    images = tmp_path / "out" / "images"
    assert (images / WIDE.name).read_bytes() == b"a picture"
    drawn = next(images.glob("share-*.png"))
    drawn.write_bytes(b"as it was")
    build_archive([published], PICTURED, WORDS, SOURCES, tmp_path / "out", pictures=kept)
    assert drawn.read_bytes() == b"as it was"
    assert len(list(images.iterdir())) == 2
