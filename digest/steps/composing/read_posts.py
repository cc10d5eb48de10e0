"""Read the week's posts: extract articles, drop repeated blocks, summarise. In worker processes, with a deadline.

Post, Page -extract-> Article -without repeats-> OwnArticle -summarise-> Summary
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from digest.collect.duplicates import same_title
from digest.collect.urls import host_of
from digest.model import Article, Page, Post, Summary
from digest.read.article.wall_phrases import WallKind
from digest.read.workers.read_pool import PostPool
from digest.read.workers.read_post import ExtractJob, SummariseJob, extract_one, summarise_one
from digest.read.workers.reader_version import generation
from digest.steps.composing.source_repeats import OwnArticle, without_repeats
from digest.steps.composing.stored_pages import StoredPages, digest_of
from digest.steps.context import Context
from digest.steps.known_articles import ExtractedArticle, KnownArticle, known_articles
from digest.store import articles, pages
from digest.store.articles import CachedArticle, ReadPost
from digest.workers.worker import Failure


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A post as it was read, and what went wrong meanwhile."""

    read: ReadPost
    problem: str = ""  # for people; "" if all went well
    key: str = ""  # hash of all that the text was read from


class Extracted(NamedTuple):
    key: str  # hash of all that the article was extracted from
    row: ExtractedArticle


def read_posts(
    context: Context,
    posts: Sequence[Post],
    stored: StoredPages,
    pool: PostPool,
    *,
    fresh: bool = False,
    retry: bool = True,
) -> dict[str, ReadResult]:
    """Read every post; return the results by post id. `stored` is what their links lead to.

    Cached results that are still valid are used, unless `fresh`. A post that could not be read is tried again only with
    `retry`: an editor's change must not wait for the deadline of a hostile page each time.
    """
    with context.store.reading() as connection:
        known = {} if fresh else known_articles(connection, [post.id for post in posts])
    if retry:
        known = {post: row for post, row in known.items() if not row.cached.problem}
    extracted, failures = _extract(context, posts, stored.digests, known, pool)
    own = without_repeats(context, posts, {post: each.row for post, each in extracted.items()})
    rows = _summarise(context, posts, extracted, own, known, failures, pool)
    changed = {post: row for post, row in rows.items() if post not in known or known[post].cached != row}
    if changed:
        with context.store.writing() as connection:
            articles.save(connection, changed)
    results = {}
    for post in posts:
        read_post = rows[post.id].read
        problem = failures.get(post.id, "")
        if not problem and read_post.article.wall:
            problem = f"the page shows {read_post.article.wall}"
        if not problem and not read_post.article.blocks:
            problem = stored.problems.get(post.id) or "it has no text"
        results[post.id] = ReadResult(read_post, problem, rows[post.id].read_key)
    return results


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def _extract(
    context: Context,
    posts: Sequence[Post],
    digests: Mapping[str, str],
    known: Mapping[str, KnownArticle],
    pool: PostPool,
) -> tuple[dict[str, Extracted], dict[str, str]]:
    """Return each post's article with the hash of its input, and the failures. Valid cached articles are used."""
    selectors = {source.name: source.selector for source in context.settings.sources}

    def key_of(post: Post, digest: str) -> str:
        selector = selectors.get(post.source, "")
        return _hash(generation(), post.html, digest, post.url, post.title, selector, post.language)

    extracted: dict[str, Extracted] = {}
    failures: dict[str, str] = {}
    unread: list[Post] = []
    for post in posts:
        key = key_of(post, digests.get(post.id, ""))
        row = known.get(post.id)
        if row is not None and row.cached.key == key:
            extracted[post.id] = Extracted(key, row.extracted)
            if row.cached.problem:
                failures[post.id] = row.cached.problem
        else:
            unread.append(post)
    todo: list[tuple[str, str, ExtractJob]] = []
    stored = _load_pages(context, [post.url for post in unread if post.id in digests])
    for post in unread:
        page, selector = stored.get(post.url) if post.id in digests else None, selectors.get(post.source, "")
        job = ExtractJob(post.html, page, post.url, post.title, selector, post.language)
        todo.append((post.id, key_of(post, digest_of(page) if page else ""), job))
    for index, result in pool.run(extract_one, [job for _, _, job in todo], seconds=pool.seconds_per_post):
        post_id, key, _ = todo[index]
        if isinstance(result, Failure):
            failures[post_id] = f"its text could not be read: {result.reason}"
            extracted[post_id] = Extracted(key, ExtractedArticle(Article(())))
        else:
            extracted[post_id] = Extracted(key, ExtractedArticle(result))
    _replace_repeated(posts, extracted, pool)
    return extracted, failures


def _load_pages(context: Context, urls: Sequence[str]) -> dict[str, Page]:
    with context.store.reading() as connection:
        return {url: page for url, page in pages.load(connection, urls).items() if isinstance(page, Page)}


def _replace_repeated(posts: Sequence[Post], extracted: dict[str, Extracted], pool: PostPool) -> None:
    """Take the feed's own text of the posts that have one page."""
    repeated = _repeated_pages(posts, extracted)
    jobs = [ExtractJob(post.html, None, post.url, post.title, "", post.language) for post in repeated]
    for index, result in pool.run(extract_one, jobs, seconds=pool.seconds_per_post) if jobs else ():
        post_id = repeated[index].id
        own = Article(()) if isinstance(result, Failure) else result
        article = ExtractedArticle(replace(own, wall=WallKind.REPEATED.value))
        extracted[post_id] = Extracted(extracted[post_id].key, article)


def _repeated_pages(posts: Sequence[Post], extracted: Mapping[str, Extracted]) -> list[Post]:
    """Posts of different titles that have one host and one page's text: it is about none of them."""
    groups: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
    for post in posts:
        row = extracted[post.id].row
        if row.article.method.startswith("page") and row.article.blocks:
            groups[host_of(post.url), row.letters].append(post)
    return [
        post
        for group in groups.values()
        for post in group
        if any(not same_title(group[0].title, other.title) for other in group[1:])
    ]


def _summarise(
    context: Context,
    posts: Sequence[Post],
    extracted: Mapping[str, Extracted],
    own: Mapping[str, OwnArticle],
    known: Mapping[str, KnownArticle],
    failures: dict[str, str],
    pool: PostPool,
) -> dict[str, CachedArticle]:
    """Return what to cache of each post. Posts that could not be summarised are added to `failures`."""
    rule = context.settings.summary
    rows: dict[str, CachedArticle] = {}
    todo: list[tuple[Post, str, SummariseJob]] = []
    for post in posts:
        key, article, (rest, repeats) = extracted[post.id].key, extracted[post.id].row.article, own[post.id]
        read_key = _hash(key, rest.text, post.title, rule, repeats)
        if post.id in failures:
            rows[post.id] = CachedArticle(key, article, read_key, _unread(rest), failures[post.id])
        elif post.id in known and known[post.id].cached.read_key == read_key:
            rows[post.id] = known[post.id].cached
        else:
            job = SummariseJob(rest, post.title, rule.sentences, rule.max_words, rule.method, repeats)
            todo.append((post, read_key, job))
    for index, result in pool.run(summarise_one, [job for _, _, job in todo], seconds=pool.seconds_per_post):
        post, read_key, job = todo[index]
        key, article = extracted[post.id].key, extracted[post.id].row.article
        if isinstance(result, Failure):
            failures[post.id] = f"it could not be summarised: {result.reason}"
            rows[post.id] = CachedArticle(key, article, read_key, _unread(job.article), failures[post.id])
        else:
            rows[post.id] = CachedArticle(
                key, article, read_key, ReadPost(job.article, result.summary, result.sentences, job.repeats)
            )
    return rows


def _unread(article: Article) -> ReadPost:
    return ReadPost(article, Summary((), "none"), ())
