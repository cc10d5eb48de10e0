"""Build the archive: static files that any host serves.

    index.html  2019-W12/  month/2019-03/  theme/comms/  source/NAME/  sources/  search/  (each with index.html)
    style.css  icon.svg  search.js  search/2019.json  images/share-….png  images/….jpg
    feed.xml (Atom)  feed.json (JSON Feed)  theme/comms/feed.xml  sources.opml  sitemap.xml  robots.txt
    cy/  (the same pages and index of the search in Welsh, and so on for each language)

Pages show what the mail shows, and nothing about any subscriber. Those of the newsletter's own language are at the top.
They load nothing from other sites but the newsletter's logo, and only the search needs a script. No clock is read: the
same editions give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import DigestError
from digest.mail.rendering.design import Design
from digest.model import Source
from digest.steps.editing.published import PublishedEdition
from digest.steps.picture_files import FOLDER, write_whole
from digest.web.archive import feeds
from digest.web.archive.pages import ArchivePages
from digest.web.archive.post_lists import only_theme
from digest.web.archive.share_pictures import SharePictures, picture_files
from digest.words.translations import Translations

_MOST_URLS = 50_000  # of a sitemap: https://www.sitemaps.org/protocol.html


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """What was written."""

    folder: Path
    editions: int
    files: int  # besides pictures


def build_archive(
    editions: Sequence[PublishedEdition],
    design: Design,
    words: Translations,
    sources: Sequence[Source],
    folder: Path,
    others: Iterable[Translations] = (),
    *,
    pictures: Path | None = None,
) -> BuiltArchive:
    """Write the archive of these editions into `folder`. A file that differs is replaced whole. Raises DigestError.

    `others` are the translations of the design's other `archive_languages`. `pictures` is the folder that has the
    pictures of posts; None if they are where they belong in `folder`.
    """
    count, snapshots = 0, [each.edition for each in editions]
    try:
        cards = SharePictures(design, words.language).cards(snapshots)
        # Pictures first: pages name them as soon as they are there.
        for name, content in picture_files(cards, snapshots, design, folder, pictures or folder / FOLDER):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / name, content)
        for files in (
            archive_files(editions, design, words, sources),
            *(files_in_language(editions, design, each, words.language, sources) for each in others),
        ):
            count += len(files)
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.is_file() or path.read_bytes() != content:
                    write_whole(path, content)
    except OSError as error:
        raise DigestError(
            f"The archive cannot be written into {folder}: {error.strerror}.",
            "Make the folder writable, or choose another.",
        ) from error
    return BuiltArchive(folder, len(editions), count)


def archive_files(
    editions: Sequence[PublishedEdition], design: Design, words: Translations, sources: Sequence[Source]
) -> dict[str, bytes]:
    """Return the archive's files by relative name, without the pages in other languages.

    `words` are the translations of pages, in the newsletter's language if there are any.
    """
    pages = ArchivePages(editions, design, words, words.language, sources)
    files = {**pages.writer.shared_files, **pages.files(), **_feed_files(pages)}
    files["sources.opml"] = pages.writer.write("sources.opml.j2", sources=pages.followed())
    return files | _files_for_search_engines(pages, files)


def files_in_language(
    editions: Sequence[PublishedEdition], design: Design, words: Translations, own: str, sources: Sequence[Source]
) -> dict[str, bytes]:
    """Return the pages in another language by relative name. `own` is the language of the newsletter's own pages."""
    return ArchivePages(editions, design, words, own, sources).files()


def _feed_files(pages: ArchivePages) -> dict[str, bytes]:
    writer = pages.writer
    pairs = list(zip(pages.newest_first, pages.values, strict=True))
    entries = feeds.newest(entry for each, own in pairs for entry in feeds.edition_entries(writer, each, own))
    files = {"feed.xml": feeds.atom(writer, entries), "feed.json": feeds.json_feed(writer, entries)}
    for theme in pages.lists.themes:
        in_theme = (
            feeds.theme_entry(writer, each, only_theme(own["edition"], theme.key), theme.folder, own)
            for each, own in pairs
        )
        title = writer.words.text("page_of", title=writer.title, name=theme.name)
        newest = feeds.newest(entry for entry in in_theme if entry is not None)
        files[f"{theme.folder}/feed.xml"] = feeds.atom(writer, newest, place=f"{theme.folder}/", title=title)
    return files


def _files_for_search_engines(pages: ArchivePages, files: dict[str, bytes]) -> dict[str, bytes]:
    writer = pages.writer
    sitemap = writer.url("sitemap.xml")
    robots = {"robots.txt": writer.write("robots.txt.j2", sitemap=sitemap)}
    if not sitemap:
        return robots
    places = sorted(name.removesuffix("index.html") for name in files if name.endswith("index.html"))
    changed = {f"{each.edition.week}/": feeds.updated(each) for each in pages.newest_first}
    urls = [(writer.url(place), changed.get(place, ""), writer.alternates(place)) for place in places]
    front = (f"{writer.design.public_url.rstrip('/')}/", "", ())
    urls = [front, *urls][:_MOST_URLS]
    return {"sitemap.xml": writer.write("sitemap.xml.j2", urls=urls), **robots}
