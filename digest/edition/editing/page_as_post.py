"""From a page that an editor named to the post that it becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from digest.collect.urls import clean_url, host_of, identity, post_id
from digest.model import Article, BlockKind, Page, Post
from digest.text import clean_line

_LONGEST_TITLE, _LONGEST_SITE = 500, 80
_MARKS = ("|", "–", "—", "-", "·", "•", ":", "»")
_TAGS = {BlockKind.HEADING: "h2", BlockKind.LIST_ITEM: "li", BlockKind.QUOTE: "blockquote", BlockKind.CODE: "pre"}


def page_as_post(
    page: Page,
    article: Article,
    *,
    title: str,
    site: str,
    author: str,
    published: datetime | None,
    hosts: Mapping[str, frozenset[str]],
    now: datetime,
) -> Post:
    """Return the page as a post. `title`, `site` and the rest are what the page says of itself.

    A date to come is none: the page was there to be read. The post's text is stored as a feed's would be, so that
    copies are found, moves teach, and nothing is lost when the page is deleted from the store.
    """
    url = clean_url(page.final_url)
    source = source_of(url, site, hosts)
    dated = published is not None and published <= now
    return Post(
        id=post_id(identity(url)),
        url=url,
        title=_title(title, source, site) or _place(url),
        source=source,
        published=published if published is not None and dated else now,
        first_seen=now,
        html=as_html(article),
        dated=dated,
        author=clean_line(author, limit=200),
        language=article.language,
    )


def source_of(url: str, site: str, hosts: Mapping[str, frozenset[str]]) -> str:
    """Return the source that a page is credited to: the followed one with this host, else the site's own name.

    `hosts` are those of the followed sources. A site that calls itself as a followed source, and is not, is called by
    its host. So is one that has no name.
    """
    host = host_of(url)
    followed = [name for name, own in hosts.items() if host in own]
    if len(followed) == 1:
        return followed[0]
    name = clean_line(site, limit=_LONGEST_SITE)
    names = {each.casefold() for each in hosts}
    return name if name and name.casefold() not in names else host


def as_html(article: Article) -> str:
    """Return the article as a feed would carry it."""
    parts = []
    for block in article.blocks:
        tag = _TAGS.get(block.kind, "p")
        parts.append(f"<{tag}>{escape(block.text, quote=False)}</{tag}>")
    return "\n".join(parts)


def _title(title: str, source: str, site: str) -> str:
    """Return the page's title without the name of its site at the end."""
    title = clean_line(title, limit=_LONGEST_TITLE)
    for name in (source, clean_line(site)):
        for mark in _MARKS:
            ending = f" {mark} {name}" if mark != ":" else f": {name}"
            if name and len(title) > len(ending) and title.casefold().endswith(ending.casefold()):
                return title[: -len(ending)].rstrip()
    return title


def _place(url: str) -> str:
    return clean_line(url.partition("://")[2].rstrip("/"), limit=_LONGEST_TITLE)
