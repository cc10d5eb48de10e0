"""The two translation catalogues of a newsletter: the mail's, and that of pages, notices and the archive.

They have separate files (`templates/email/words` and `templates/pages/words`), so that a change to a page's phrase
voids no approval. Pages can use the mail's phrases ("12 posts", the themes' titles), too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.template_folders import default_folders
from digest.words.translations import TranslationCatalogue

if TYPE_CHECKING:
    from digest.settings import Settings

PAGES = "pages"


def mail_catalogue(settings: Settings) -> TranslationCatalogue:
    """The catalogue of the mail."""
    return TranslationCatalogue(default_folders(settings), settings.newsletter.language)


def page_catalogue(settings: Settings) -> TranslationCatalogue:
    """The catalogue of pages, notices and the archive."""
    newsletter = settings.newsletter.language
    return TranslationCatalogue(default_folders(settings, PAGES), newsletter, base=mail_catalogue(settings))
