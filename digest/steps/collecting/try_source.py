"""Fetch a source without storing anything, and find the feeds of a site."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.collect import source_pace
from digest.collect.discover_feeds import FeedLink, carries_comments, guesses
from digest.collect.fetch import Client, Fetched, FetchFailed
from digest.collect.find_feeds import listed_feeds
from digest.collect.known_sites import known_feed
from digest.collect.parse_in_workers import ParsePool
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.urls import absolute
from digest.errors import UsageError
from digest.model import Entry, Outcome
from digest.settings import Settings
from digest.steps.collecting.visit_outcomes import is_too_large, policy_of, shortfall, too_large
from digest.text import plural

_LARGEST_LIST = 5_000_000  # bytes
LONGEST_SAMPLE = 60.0  # seconds; somebody waits for it
READABLE = (Outcome.OK, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """The result of fetching a URL. Nothing of it is stored."""

    url: str
    outcome: Outcome
    name: str = ""  # of the source, if it is in the settings
    reason: str = ""
    title: str = ""
    site: str = ""
    entries: int = 0
    newest: datetime | None = None
    pace_days: float | None = None
    moved_to: str = ""
    feeds: tuple[FeedLink, ...] = ()  # if the URL is a web page: the feeds that it names
    is_list: bool = False  # an OPML list; `feeds` are the feeds in it
    answered: bool = True  # whether the server did, with whatever status


@dataclass(frozen=True, slots=True)
class Sample:
    """What is behind a web address. Nothing of it is stored."""

    trials: tuple[SourceTrial, ...]  # the readable feeds, best first; else one that has failed
    entries: tuple[Entry, ...] = ()  # of the first one


def try_sources(settings: Settings, name_or_url: str | None = None) -> list[SourceTrial]:
    """Fetch each active source, or the one with that name or URL, as collecting would. Nothing is stored.

    Raises UsageError if `name_or_url` is neither.
    """
    followed = [
        source for source in settings.sources if (source.active if name_or_url is None else source.name == name_or_url)
    ]
    if name_or_url is None or followed:
        return asyncio.run(_try_all(settings, [(source.feed, source.name) for source in followed]))
    if not absolute(name_or_url) and not re.search(r"[.:/]", name_or_url):
        raise UsageError(
            f"There is no source called {name_or_url!r}.", "See `digest sources list`, or give an address."
        )
    return asyncio.run(_try_all(settings, [(_web_addresses(name_or_url)[0], "")]))


def discover(settings: Settings, url: str) -> list[SourceTrial]:
    """Return the readable feeds of a URL: itself, those it names, else those in the usual places.

    If there are none, return one failed trial that says why.
    """
    if (path := Path(url.strip())).is_file():
        if listed := listed_feeds(path.read_bytes()[:_LARGEST_LIST]):
            return [SourceTrial(url, Outcome.ERROR, reason=_import_of(len(listed), url), feeds=listed, is_list=True)]
        raise UsageError(f"{url} is a file, and no OPML list.", "Give the address of a site or feed.")
    return asyncio.run(_discover(settings, _web_addresses(url)))


def sample(settings: Settings, url: str, *, seconds: float = LONGEST_SAMPLE) -> Sample:
    """Find the feeds behind a web address, and read the best of them. Raises UsageError, also if that takes too long.

    Unlike `discover`, it opens no file: whoever uses the desk need not be allowed to look at this machine.
    """
    return asyncio.run(_sample(settings, _web_addresses(url), seconds))


async def _sample(settings: Settings, urls: Sequence[str], seconds: float) -> Sample:
    try:
        async with asyncio.timeout(seconds):
            trials = await _discover(settings, urls)
            first = trials[0]
            if first.outcome not in READABLE:
                return Sample(tuple(trials))
            with ParsePool() as parsers:
                async with Client(policy_of(settings)) as client:
                    read = await _read(client, parsers, first.url)
    except TimeoutError:
        raise UsageError(
            f"{urls[0]} took longer than {seconds:g} seconds.", "Try again, or give the address of the feed itself."
        ) from None
    return Sample(tuple(trials), () if isinstance(read, SourceTrial) else read[1].entries)


async def _try_all(settings: Settings, feeds: Sequence[tuple[str, str]]) -> list[SourceTrial]:
    with ParsePool() as parsers:
        async with Client(policy_of(settings)) as client:
            trials = await asyncio.gather(*(_try(client, parsers, url) for url, _ in feeds))
    return [replace(trial, name=name) for trial, (_, name) in zip(trials, feeds, strict=True)]


async def _try(client: Client, parsers: ParsePool, url: str) -> SourceTrial:
    read = await _read(client, parsers, url)
    return read if isinstance(read, SourceTrial) else _trial(url, *read)


async def _read(client: Client, parsers: ParsePool, url: str) -> tuple[Fetched, ParsedFeed] | SourceTrial:
    """Fetch a feed; a trial that has failed where there is none."""
    response = await client.fetch(url)
    if isinstance(response, FetchFailed):
        outcome = Outcome.GONE if response.status == 410 else Outcome.ERROR
        return SourceTrial(url, outcome, reason=response.reason, answered=response.status > 0)
    if not isinstance(response, Fetched):
        return SourceTrial(
            url, Outcome.ERROR, reason="The server says that nothing has changed, although this was the first request."
        )
    document = await parsers.parse(response.content, url=response.final_url, content_type=response.content_type)
    if isinstance(document, NotAFeed):
        named = await parsers.find_feeds(response.content, url=response.final_url, link=response.link)
        if named.listed:
            return SourceTrial(
                url, Outcome.ERROR, reason=_import_of(len(named.listed)), feeds=named.listed, is_list=True
            )
        links = named.links if document.is_page else ()
        if document.is_page and named.of_site and not any(link.url == named.of_site for link in links):
            links = (FeedLink(named.of_site), *links)
        return SourceTrial(url, Outcome.ERROR, reason=document.reason, moved_to=response.moved_to, feeds=links)
    if is_too_large(response, document):
        return SourceTrial(url, Outcome.ERROR, reason=too_large(response), title=document.title)
    return response, document


def _import_of(feeds: int, file: str = "FILE.opml") -> str:
    number = plural(feeds, "feed")
    save = "Save it, then add" if file == "FILE.opml" else "Add"
    return f"This is an OPML list of {number}. {save} them with `digest sources import {file}`."


def _trial(url: str, response: Fetched, feed: ParsedFeed) -> SourceTrial:
    published = [entry.published for entry in feed.entries if entry.published]
    partial, reason = shortfall(response, feed)
    return SourceTrial(
        url=url,
        outcome=Outcome.PARTIAL if partial else Outcome.OK,
        reason=reason,
        title=feed.title,
        site=feed.site,
        entries=len(feed.entries),
        newest=max(published, default=None),
        pace_days=source_pace.pace_days(published),
        moved_to=response.moved_to,
    )


async def _discover(settings: Settings, urls: Sequence[str]) -> list[SourceTrial]:
    trials: list[SourceTrial] = []
    with ParsePool() as parsers:
        async with Client(policy_of(settings)) as client:
            for url in urls:
                trials = await _behind(client, parsers, url)
                if trials[0].outcome in READABLE:
                    break
    return trials


async def _behind(client: Client, parsers: ParsePool, url: str) -> list[SourceTrial]:
    first = await _try(client, parsers, url)
    if first.outcome is not Outcome.ERROR or not first.answered:
        return [first]
    if first.is_list:
        return [first]
    if address := known_feed(url):
        trial = await _try(client, parsers, address)
        if trial.outcome in READABLE:
            return [trial]
    linked = [link for link in first.feeds if not link.is_of_comments]
    trials = await asyncio.gather(*(_try(client, parsers, link.url) for link in linked))
    readable = [trial for trial in trials if trial.outcome is not Outcome.ERROR and not carries_comments(trial.title)]
    if readable:
        return readable
    for guess in guesses(url):
        trial = await _try(client, parsers, guess.url)
        if trial.outcome is not Outcome.ERROR and not carries_comments(trial.title):
            return [trial]
    nowhere = "Digest found no feed there, nor at the usual addresses of the site."
    return [replace(first, reason=f"{first.reason} {nowhere}")]


def _web_addresses(url: str) -> list[str]:
    """Return the URLs that a person may mean: as written, or without a scheme https before http. Raises UsageError."""
    url = url.strip()
    urls = [url] if "://" in url else [f"https://{url}", f"http://{url}"]
    if not absolute(urls[0]) or re.search(r"\s", url):
        raise UsageError(f"{url!r} is not a web address.", "Write one such as https://gds.blog.gov.uk/.")
    return urls
