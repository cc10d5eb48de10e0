"""What a post links to, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mail.rendering.render import Renderer
from digest.model import EditionMail, EditionPost, Media, MediaKind
from digest.template_folders import packaged_folder
from digest.words.media_words import media_in_english, media_line
from digest.words.translations import TranslationCatalogue
from tests.mail.editions import DESIGN, edition

PACKAGED = TranslationCatalogue([packaged_folder()], "en-GB")


@pytest.mark.parametrize(
    ("media", "line", "german"),
    [
        (Media(MediaKind.PDF, 2_100_000), "PDF, 2 MB", "PDF, 2 MB"),
        (Media(MediaKind.PDF, 80_000), "PDF, 80 kB", "PDF, 80 kB"),
        (Media(MediaKind.PODCAST, 29_000_000, 1864), "podcast, 31 min", "Podcast, 31 Min."),
        (Media(MediaKind.PODCAST, 29_000_000), "podcast, 29 MB", "Podcast, 29 MB"),
        (Media(MediaKind.VIDEO), "video", "Video"),
        (None, "", ""),
    ],
)
def test_line_of_media(media: Media | None, line: str, german: str) -> None:
    assert media_line(media, PACKAGED.translations("en")) == media_in_english(media) == line
    assert media_line(media, PACKAGED.translations("de")) == german


@pytest.mark.parametrize("kind", MediaKind)
@pytest.mark.parametrize("language", PACKAGED.languages)
def test_every_kind_has_a_word_in_every_language(kind: MediaKind, language: str) -> None:
    assert media_line(Media(kind, 5_000, 60), PACKAGED.translations(language))


def rendered(**changes: object) -> EditionMail:
    week = edition(4, short=1)

    def changed(post: EditionPost) -> EditionPost:
        return replace(post, **changes)  # type: ignore[arg-type]  # a shorthand

    sections = tuple(replace(section, posts=tuple(map(changed, section.posts))) for section in week.sections)
    return Renderer(DESIGN, [packaged_folder()]).render(replace(week, sections=sections))


def test_mail_shows_the_line_for_such_posts_only() -> None:
    plain, with_media = rendered(), rendered(media=Media(MediaKind.PDF, 2_000_000))
    assert "PDF" not in plain.html + plain.text
    assert with_media.html.count(" · PDF, 2 MB") == " ".join(with_media.text.split()).count(" · PDF, 2 MB") == 4
    assert with_media.html.replace(" · PDF, 2 MB", "") == plain.html
