"""What the posts' links lead to, from the store. A page that is known is told by its stamp and not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.memory import Memory
from digest.model import Media, MediaKind, Page, Post
from digest.read.article.media_type import media_kind
from digest.steps.composing.fetch_pages import is_file
from digest.steps.context import Context
from digest.store import pages
from digest.store.pages import NoPage, PageStamp

_PLAYED = (MediaKind.PODCAST, MediaKind.AUDIO, MediaKind.VIDEO)
KIND_NAMES = {
    MediaKind.PODCAST: "a podcast",
    MediaKind.AUDIO: "a sound file",
    MediaKind.VIDEO: "a video",
    MediaKind.PDF: "a PDF",
    MediaKind.IMAGE: "a picture",
    MediaKind.DOCUMENT: "a document",
    MediaKind.TEXT: "plain text",
    MediaKind.DATA: "data such as JSON",
    MediaKind.FILE: "a file",
}


@dataclass(frozen=True, slots=True)
class StoredPages:
    """What the posts' links lead to; each by post id."""

    digests: Mapping[str, str]  # of web pages only: the hash of the content
    problems: Mapping[str, str]  # why there is no page, for people
    media: Mapping[str, Media]  # the files that are linked in the place of a page, or enclosed by the feed


@dataclass(frozen=True, slots=True)
class _PageFacts:
    digest: str
    kind: MediaKind | None  # what a link leads to that is no web page; None for a web page
    size: int


_FACTS: Memory[PageStamp, _PageFacts] = Memory(5_000)


def digest_of(page: Page) -> str:
    return hashlib.sha256(page.content).hexdigest()


def stored_pages(context: Context, posts: Sequence[Post]) -> StoredPages:
    """Say what the posts' links lead to. Without the network."""
    with context.store.reading() as connection:
        stamps = pages.stamps(connection, [post.url for post in posts if post.url])
        facts = _facts(connection, stamps)
    digests: dict[str, str] = {}
    problems: dict[str, str] = {}
    media = {post.id: post.media for post in posts if post.media is not None}
    for post in posts:
        page = facts.get(post.url)
        if post.url in stamps and stamps[post.url].failure:
            problems[post.id] = stamps[post.url].failure
        elif page is not None and page.kind is not None:
            problems[post.id] = f"the link leads to {KIND_NAMES[page.kind]}, not to a web page"
            if post.media is None or post.media.kind not in _PLAYED or page.kind not in _PLAYED:
                media[post.id] = Media(page.kind, page.size)
        elif page is not None:
            digests[post.id] = page.digest
        elif post.media is not None and is_file(post):
            problems[post.id] = f"the link leads to {KIND_NAMES[post.media.kind]}, not to a web page"
    return StoredPages(digests, problems, media)


def _facts(connection: Connection, stamps: Mapping[str, PageStamp]) -> dict[str, _PageFacts]:
    """The facts of the pages, without failures, by URL."""
    by_url = {url: facts for url, stamp in stamps.items() if (facts := _FACTS.get(stamp)) is not None}
    missing = [url for url, stamp in stamps.items() if url not in by_url and not stamp.failure]
    for url, page in (pages.load(connection, missing) if missing else {}).items():
        if not isinstance(page, NoPage):
            kind = media_kind(page.content, page.content_type) or (MediaKind.FILE if page.size else None)
            by_url[url] = _PageFacts(digest_of(page), kind, page.size or len(page.content))
            if page.fetched_at == stamps[url].fetched_at:
                _FACTS.put(stamps[url], by_url[url])
    return by_url
