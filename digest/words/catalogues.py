"""The words of all that subscribers see beside the mail: their pages, the notes to one of them, the archive.

They are files of their own, `templates/pages/words/TAG.toml`: a changed word of a page makes no approved mail another
one. What the mail says ("12 posts", the themes' titles) can be said by pages, too, in the mail's own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.template_folders import default_folders
from digest.words.translations import TranslationCatalogue

if TYPE_CHECKING:
    from digest.settings import Settings

PAGES = "pages"


def mail_catalogue(settings: Settings) -> TranslationCatalogue:
    """The languages that subscribers can get the mail in."""
    return TranslationCatalogue(default_folders(settings), settings.newsletter.language)


def page_catalogue(settings: Settings) -> TranslationCatalogue:
    """The languages of pages and notes."""
    newsletter = settings.newsletter.language
    return TranslationCatalogue(default_folders(settings, PAGES), newsletter, base=mail_catalogue(settings))
