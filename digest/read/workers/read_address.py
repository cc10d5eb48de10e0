"""One page that an editor named, looked at as a whole: a job for the pool."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Article, Page
from digest.read.article.extract import extract, page_facts
from digest.read.article.page_facts import PageFacts


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a page says of itself, and its article. `wall` of the article is what it shows in place of a post."""

    facts: PageFacts
    article: Article


def look_at(page: Page) -> PageLook:
    # No feed has named the post, so nothing vouches for a page that looks like a wall.
    return PageLook(page_facts(page), extract(html="", page=page, url=page.url))
