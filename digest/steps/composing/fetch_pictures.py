"""Fetch the pictures of posts, have them written anew in a worker process, and say which post is shown with which.

A picture that cannot be had costs the edition nothing but a reason. All of this ends after a minute. Each source has
one turn at a time, and none after slow pictures, so that one source cannot take that minute from the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.collect.explain_failure import unforeseen
from digest.collect.fetch import Client, Fetched, FetchFailed
from digest.collect.robots import Robots
from digest.edition.compose import Candidate
from digest.model import Picture
from digest.read.pictures.outcome import MOST_BYTES, NoPicture
from digest.read.workers.read_picture import reencode_one
from digest.steps.collecting.visit_outcomes import policy_of
from digest.steps.context import Context
from digest.steps.picture_files import keep_picture, pictures_folder
from digest.store import pictures
from digest.store.pictures import PictureRow
from digest.workers.pool import WorkerPool
from digest.workers.worker import Failure

LOG = logging.getLogger(__name__)

SECONDS = 60.0  # for all pictures of an edition
_SECONDS_EACH = 15.0  # to fetch one
_SECONDS_TO_DECODE = 10.0
_AT_ONCE = 6  # sources
_SLOW = 4.0  # seconds to fetch or to decode: a good picture takes a fraction of it
_MOST_SLOW = 2  # times that a source may be slow
_MOST = 200  # posts whose pictures are looked for
_MEMORY = 256 * 2**20  # bytes of the worker, beside its libraries
_TRY_AGAIN = timedelta(hours=20)
_OFTEN = 0.3  # of a source's pictures: what more than this share of its posts have is its logo
_ACCEPT = "image/webp, image/jpeg, image/png, image/gif;q=0.8"
_NO_TIME = "there was no time to fetch it"
_SLOW_SOURCE = "other pictures of its source took too long"
_LOGO = "many posts of its source have the same one"


@dataclass(frozen=True, slots=True)
class _Request:
    post: str
    source: str
    urls: tuple[str, ...]  # the best first


def fetch_pictures(
    context: Context,
    candidates: Sequence[Candidate],
    *,
    client: Client | None = None,
    seconds: float = SECONDS,
    slow: float = _SLOW,
) -> None:
    """Fetch and store the pictures that are missing, or why there is none; for `seconds` at most. `slow` is how many
    seconds of fetching or decoding count against a source."""
    with context.store.reading() as connection:
        known = pictures.load(connection, [candidate.post.id for candidate in candidates])
    names = _names(context)
    requests = [
        _Request(candidate.post.id, candidate.post.source, urls)
        for candidate in candidates
        if (urls := _urls(candidate)) and _must_fetch(known.get(candidate.post.id), urls, names, context.clock())
    ][:_MOST]
    if not requests:
        return
    with WorkerPool(1, preload=("digest.read.pictures.reencode",), memory=_MEMORY, fresh=True) as pool:
        rows = asyncio.run(_fetch_all(context, requests, pool, client, seconds, slow))
    with context.store.writing() as connection:
        pictures.save(connection, rows)


def with_pictures(context: Context, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with the pictures that are stored, or why they have none. Without the network."""
    sources = {candidate.post.source for candidate in candidates}
    with context.store.reading() as connection:
        known = pictures.load(connection, [candidate.post.id for candidate in candidates])
        uses = pictures.uses(connection, sources)
    names = _names(context)
    result = []
    for candidate in candidates:
        row, of_source = known.get(candidate.post.id), uses.get(candidate.post.source, {})
        if row is None or row.url not in _urls(candidate):
            result.append(candidate)
        elif not row.name or row.name not in names:
            result.append(replace(candidate, no_picture=row.failure or "its file is missing"))
        elif of_source.get(row.name, 0) > max(1.0, sum(of_source.values()) * _OFTEN):
            result.append(replace(candidate, no_picture=_LOGO))
        else:
            image = candidate.article.image
            alt = image.alt if image and image.url == row.url else ""
            picture = Picture(row.name, row.width, row.height, row.size, alt)
            result.append(replace(candidate, picture=picture))
    return result


def _names(context: Context) -> set[str]:
    try:
        return {path.name for path in pictures_folder(context.settings).iterdir()}
    except OSError:
        return set()


def _urls(candidate: Candidate) -> tuple[str, ...]:
    image = candidate.article.image
    return tuple(dict.fromkeys(url for url in (image.url if image else "", candidate.post.image) if url))


def _must_fetch(row: PictureRow | None, urls: Collection[str], names: Collection[str], now: datetime) -> bool:
    if row is None or row.url not in urls:
        return True
    return row.name not in names if row.name else row.fetched_at <= now - _TRY_AGAIN


async def _fetch_all(
    context: Context,
    requests: Sequence[_Request],
    pool: WorkerPool,
    client: Client | None,
    seconds: float,
    slow: float,
) -> list[PictureRow]:
    policy = policy_of(context.settings)
    policy = replace(policy, timeout=min(policy.timeout, _SECONDS_EACH), max_bytes=MOST_BYTES, retries=0)
    async with client or Client(policy) as web:
        fetcher = _Fetcher(context, web, pool, slow)
        tasks = [asyncio.create_task(fetcher.fetch(each)) for each in requests]
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    now = context.clock()
    return [
        task.result() if task in done else PictureRow(each.post, each.urls[0], "", 0, 0, 0, _NO_TIME, now)
        for task, each in zip(tasks, requests, strict=True)
    ]


class _Fetcher:
    def __init__(self, context: Context, web: Client, pool: WorkerPool, slow: float) -> None:
        self._context = context
        self._web = web
        self._pool = pool
        self._robots = Robots(web, context.settings.user_agent) if context.settings.collect.robots else None
        self._turns = asyncio.Semaphore(_AT_ONCE)  # a picture is in memory until the worker has it
        self._decoding = asyncio.Lock()
        self._sources: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._most_seconds = slow
        self._slow: Counter[str] = Counter()  # how often, by source

    async def fetch(self, request: _Request) -> PictureRow:
        """Return the first picture that is one; else why the first is none."""
        failures = []
        async with self._sources[request.source], self._turns:
            for url in request.urls:
                try:
                    row = await self._one(request, url)
                except Exception as error:  # whatever one picture raises must not cost the edition
                    LOG.exception("Fetching a picture failed unexpectedly.")
                    row = self._failure(request.post, url, unforeseen(error))
                if row.name:
                    return row
                LOG.debug("Picture %s: %s", url, row.failure)
                failures.append(row)
        return failures[0]

    async def _one(self, request: _Request, url: str) -> PictureRow:
        post = request.post
        if self._slow[request.source] >= _MOST_SLOW:
            return self._failure(post, url, _SLOW_SOURCE)
        with self._timed(request.source):
            if self._robots is not None and (refusal := await self._robots.refusal(url)):
                return self._failure(post, url, refusal)
            fetched = await self._web.fetch(url, accept=_ACCEPT, limit=MOST_BYTES)
        if not isinstance(fetched, Fetched):
            return self._failure(post, url, fetched.reason if isinstance(fetched, FetchFailed) else "nothing came")
        if fetched.cut:
            return self._failure(post, url, f"it has more than {MOST_BYTES // 1_000_000} MB")
        async with self._decoding:
            with self._timed(request.source):
                return await asyncio.to_thread(self._written, post, url, fetched.content)

    @contextmanager
    def _timed(self, source: str) -> Iterator[None]:
        """Count the work inside against its source if it is slow."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._slow[source] += time.monotonic() - began > self._most_seconds

    def _written(self, post: str, url: str, content: bytes) -> PictureRow:
        [(_, result)] = self._pool.run(reencode_one, [content], seconds=_SECONDS_TO_DECODE)
        if isinstance(result, (Failure, NoPicture)):
            return self._failure(post, url, result.reason)
        name = keep_picture(self._context.settings, result.content, result.suffix)
        now = self._context.clock()
        return PictureRow(post, url, name, result.width, result.height, len(result.content), "", now)

    def _failure(self, post: str, url: str, reason: str) -> PictureRow:
        return PictureRow(post, url, "", 0, 0, 0, reason, self._context.clock())
