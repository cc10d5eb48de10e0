"""The two translation catalogues of a newsletter: the mail's, and that of pages, notices and the archive.

They have separate files (`templates/email/words` and `templates/pages/words`), so that a change to a page's phrase
voids no approval. Pages can use the mail's phrases ("12 posts", the themes' titles), too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import TemplateError
from digest.template_folders import default_folders
from digest.words.translations import TranslationCatalogue

if TYPE_CHECKING:
    from digest.settings import Settings

PAGES = "pages"


def mail_catalogue(settings: Settings) -> TranslationCatalogue:
    """The catalogue of the mail."""
    newsletter = settings.newsletter
    return TranslationCatalogue(default_folders(settings), newsletter.language, offered=newsletter.languages)


def page_catalogue(settings: Settings) -> TranslationCatalogue:
    """The catalogue of pages, notices and the archive."""
    newsletter, folders = settings.newsletter, default_folders(settings, PAGES)
    mails = mail_catalogue(settings)
    return TranslationCatalogue(folders, newsletter.language, base=mails, offered=newsletter.languages)


def archive_languages(settings: Settings) -> tuple[str, ...]:
    """Return the tags of the languages that the archive has besides the newsletter's own.

    There are none if a file of translations has an impossible name, which whoever reads the file will hear of.
    """
    try:
        return page_catalogue(settings).other_languages
    except TemplateError:
        return ()
