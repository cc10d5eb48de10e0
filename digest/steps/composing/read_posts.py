"""Read the week's posts: extract articles, drop repeated blocks, summarise. In worker processes, with a deadline.

Post, Page -extract-> Article -without repeats-> Article -summarise-> Summary
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from digest.collect.duplicates import same_title
from digest.collect.urls import host_of
from digest.model import Article, Page, Post, Summary
from digest.read.article.boilerplate import block_key
from digest.read.article.extract import learn_repeats
from digest.read.article.wall_phrases import WallKind
from digest.read.workers.read_pool import ReadPool
from digest.read.workers.read_post import ExtractJob, SummariseJob, extract_one, summarise_one
from digest.read.workers.reader_version import generation
from digest.steps.context import Context
from digest.store import articles
from digest.store.articles import CachedArticle, ReadPost
from digest.workers.worker import Failure

_MOST_THAT_REPEATS = 0.5
"""If more than this share of a post would be dropped as repeated, the post itself was published twice: keep it all."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """A post as it was read, and what went wrong meanwhile."""

    read: ReadPost
    problem: str = ""  # for people; "" if all went well


def read_posts(
    context: Context,
    posts: Sequence[Post],
    pages: Mapping[str, Page],
    problems: Mapping[str, str],
    pool: ReadPool,
    *,
    fresh: bool = False,
    retry: bool = True,
) -> dict[str, ReadResult]:
    """Read every post; return the results by post id. `pages`, and `problems` (why a page is missing), are by post id.

    Cached results that are still valid are used, unless `fresh`. A post that could not be read is tried again only with
    `retry`: an editor's change must not wait for the deadline of a hostile page each time.
    """
    with context.store.reading() as connection:
        cached = {} if fresh else articles.load(connection, [post.id for post in posts])
    if retry:
        cached = {post: row for post, row in cached.items() if not row.problem}
    extracted, failures = _extract(context, posts, pages, cached, pool)
    without_repeats = _without_repeats(context, posts, extracted)
    rows = _summarise(context, posts, extracted, without_repeats, cached, failures, pool)
    with context.store.writing() as connection:
        articles.save(connection, {post: row for post, row in rows.items() if cached.get(post) != row})
    results = {}
    for post in posts:
        read_post = rows[post.id].read
        problem = failures.get(post.id, "")
        if not problem and read_post.article.wall:
            problem = f"the page shows {read_post.article.wall}"
        if not problem and not read_post.article.blocks:
            problem = problems.get(post.id) or "it has no text"
        results[post.id] = ReadResult(read_post, problem)
    return results


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def _extract(
    context: Context,
    posts: Sequence[Post],
    pages: Mapping[str, Page],
    cached: Mapping[str, CachedArticle],
    pool: ReadPool,
) -> tuple[dict[str, tuple[str, Article]], dict[str, str]]:
    """Return each post's article with the hash of its input, and the failures. Valid cached articles are used."""
    selectors = {source.name: source.selector for source in context.settings.sources}
    extracted: dict[str, tuple[str, Article]] = {}
    failures: dict[str, str] = {}
    todo: list[tuple[str, str, ExtractJob]] = []
    for post in posts:
        page, selector = pages.get(post.id), selectors.get(post.source, "")
        content = hashlib.sha256(page.content).hexdigest() if page else ""
        key = _hash(generation(), post.html, content, post.url, post.title, selector, post.language)
        if post.id in cached and cached[post.id].key == key:
            extracted[post.id] = (key, cached[post.id].article)
            if cached[post.id].problem:
                failures[post.id] = cached[post.id].problem
        else:
            todo.append((post.id, key, ExtractJob(post.html, page, post.url, post.title, selector, post.language)))
    for index, result in pool.run(extract_one, [job for _, _, job in todo], seconds=pool.seconds_per_post):
        post_id, key, _ = todo[index]
        if isinstance(result, Failure):
            failures[post_id] = f"its text could not be read: {result.reason}"
            extracted[post_id] = (key, Article(()))
        else:
            extracted[post_id] = (key, result)
    repeated = _repeated_pages(posts, {post: article for post, (_, article) in extracted.items()})
    jobs = [ExtractJob(post.html, None, post.url, post.title, "", post.language) for post in repeated]
    for index, result in pool.run(extract_one, jobs, seconds=pool.seconds_per_post) if jobs else ():
        post_id = repeated[index].id
        own = Article(()) if isinstance(result, Failure) else result
        extracted[post_id] = (extracted[post_id][0], replace(own, wall=WallKind.REPEATED.value))
    return extracted, failures


def _repeated_pages(posts: Sequence[Post], articles_by_post: Mapping[str, Article]) -> list[Post]:
    """Posts of different titles that have one host and one page's text: it is about none of them."""
    groups: defaultdict[tuple[str, str], list[Post]] = defaultdict(list)
    for post in posts:
        article = articles_by_post[post.id]
        if article.method.startswith("page") and article.blocks:
            # Numbers of requests and incidents are left out.
            letters = " ".join(word for word in article.text.casefold().split() if word.isalpha())
            groups[host_of(post.url), letters or article.text].append(post)
    return [
        post
        for group in groups.values()
        for post in group
        if any(not same_title(group[0].title, other.title) for other in group[1:])
    ]


def _without_repeats(
    context: Context, posts: Sequence[Post], extracted: Mapping[str, tuple[str, Article]]
) -> dict[str, Article]:
    """Return the articles without the blocks that occur in several posts of their source, this week or earlier."""
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for post in posts:
        by_source[post.source].append(post.id)
    without_repeats: dict[str, Article] = {}
    with context.store.reading() as connection:
        for source, ids in by_source.items():
            earlier = articles.of_source(connection, source, besides=ids)
            repeats = learn_repeats([*(extracted[post][1] for post in ids), *earlier])
            without_repeats |= {post: _without(extracted[post][1], repeats) for post in ids}
    return without_repeats


def _without(article: Article, repeats: frozenset[str]) -> Article:
    rest = replace(article, blocks=tuple(block for block in article.blocks if block_key(block.text) not in repeats))
    return rest if rest.words >= article.words * (1 - _MOST_THAT_REPEATS) else article


def _summarise(
    context: Context,
    posts: Sequence[Post],
    extracted: Mapping[str, tuple[str, Article]],
    without_repeats: Mapping[str, Article],
    cached: Mapping[str, CachedArticle],
    failures: dict[str, str],
    pool: ReadPool,
) -> dict[str, CachedArticle]:
    """Return what to cache of each post. Posts that could not be summarised are added to `failures`."""
    rule = context.settings.summary
    rows: dict[str, CachedArticle] = {}
    todo: list[tuple[Post, str, SummariseJob]] = []
    for post in posts:
        key, article = extracted[post.id]
        read_key = _hash(key, without_repeats[post.id].text, post.title, rule)
        if post.id in failures:
            rows[post.id] = CachedArticle(key, article, read_key, _unread(without_repeats[post.id]), failures[post.id])
        elif post.id in cached and cached[post.id].read_key == read_key:
            rows[post.id] = cached[post.id]
        else:
            job = SummariseJob(without_repeats[post.id], post.title, rule.sentences, rule.max_words, rule.method)
            todo.append((post, read_key, job))
    for index, result in pool.run(summarise_one, [job for _, _, job in todo], seconds=pool.seconds_per_post):
        post, read_key, job = todo[index]
        key, article = extracted[post.id]
        if isinstance(result, Failure):
            failures[post.id] = f"it could not be summarised: {result.reason}"
            rows[post.id] = CachedArticle(key, article, read_key, _unread(job.article), failures[post.id])
        else:
            rows[post.id] = CachedArticle(
                key, article, read_key, ReadPost(job.article, result.summary, result.sentences)
            )
    return rows


def _unread(article: Article) -> ReadPost:
    return ReadPost(article, Summary((), "none"), ())
