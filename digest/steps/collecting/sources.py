"""The list of sources: how each one is, trying one, finding one, adding some to digest.toml with its comments kept."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from digest.collect import health
from digest.collect.discover import FeedLink, feed_links, guesses
from digest.collect.fetch import Client, Fetched, FetchFailed
from digest.collect.opml import read_opml, write_opml
from digest.collect.parse_pool import Parsers
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.urls import absolute, identity
from digest.errors import SettingsError, UsageError
from digest.model import ELSEWHERE, Outcome, Source
from digest.settings import Settings, parse_settings
from digest.steps.collecting.visits import current_state, policy_of, shortfall
from digest.steps.context import Context
from digest.store import posts, sources


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one source is, for people. Times are None where the thing never happened."""

    name: str
    feed: str
    active: bool
    outcome: str  # of the last visit; "" before the first
    reason: str
    checked_at: datetime | None
    good_at: datetime | None
    failures: int  # in a row
    newest_at: datetime | None
    pace_days: float | None
    silence: str  # "silent for five weeks", where that is unusual for it
    moved_to: str
    proposed: str  # a feed that was found in place of this one
    gone_at: datetime | None
    next_at: datetime | None
    posts: int  # in the store

    @property
    def advice(self) -> str:
        """What to do; "" where nothing needs doing."""
        if self.moved_to:
            return f"moved: put {self.moved_to} in the settings"
        if self.proposed:
            return f"its feed seems to be {self.proposed}: put that in the settings"
        if self.gone_at:
            return "gone for good: remove it, or find its successor"
        return self.reason if self.outcome == Outcome.ERROR or self.failures else self.silence


def source_health(context: Context) -> list[SourceHealth]:
    """Each source of the settings, in their order."""
    now = context.clock()
    with context.store.reading() as connection:
        states = sources.states(connection)
        stored = posts.counts(connection)
    found = []
    for source in context.settings.sources:
        state = current_state(states.get(source.name), source)
        found.append(
            SourceHealth(
                name=source.name,
                feed=source.feed,
                active=source.active,
                outcome=state.outcome,
                reason=state.reason,
                checked_at=state.checked_at,
                good_at=state.good_at,
                failures=state.failures,
                newest_at=state.newest_at,
                pace_days=state.pace_days,
                silence=health.silence(state.newest_at, state.pace_days, now),
                moved_to=state.moved_to,
                proposed=state.proposed,
                gone_at=state.gone_at,
                next_at=state.next_at,
                posts=stored.get(source.name, 0),
            )
        )
    return found


_READABLE = (Outcome.OK, Outcome.PARTIAL)


# --- Trying -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial:
    """What a visit to an address showed. Nothing of it is stored."""

    url: str
    outcome: Outcome
    name: str = ""  # of the source, where it is one that is followed
    reason: str = ""
    title: str = ""
    site: str = ""
    entries: int = 0
    newest: datetime | None = None
    pace_days: float | None = None
    moved_to: str = ""
    feeds: tuple[FeedLink, ...] = ()  # where the address is a web page: the feeds it names
    answered: bool = True  # the server did, whatever it said


def try_sources(settings: Settings, named: str | None = None) -> list[Trial]:
    """Visit each active source, or the one of that name or address, as collecting would. Nothing is stored.

    Raises UsageError where `named` is neither.
    """
    followed = [source for source in settings.sources if (source.active if named is None else source.name == named)]
    if named is None or followed:
        return asyncio.run(_try_all(settings, [(source.feed, source.name) for source in followed]))
    if not absolute(named) and not re.search(r"[.:/]", named):
        raise UsageError(f"There is no source called {named!r}.", "See `digest sources list`, or give an address.")
    return asyncio.run(_try_all(settings, [(_web_addresses(named)[0], "")]))


def discover(settings: Settings, url: str) -> list[Trial]:
    """The feeds that can be read behind an address: itself, those it names, else those in the usual places.

    Where there are none, one trial that failed and says why.
    """
    return asyncio.run(_discover(settings, _web_addresses(url)))


async def _try_all(settings: Settings, asked: Sequence[tuple[str, str]]) -> list[Trial]:
    with Parsers() as parsers:
        async with Client(policy_of(settings)) as client:
            found = await asyncio.gather(*(_try(client, parsers, url) for url, _ in asked))
    return [replace(trial, name=name) for trial, (_, name) in zip(found, asked, strict=True)]


async def _try(client: Client, parsers: Parsers, url: str) -> Trial:
    got = await client.fetch(url)
    if isinstance(got, FetchFailed):
        outcome = Outcome.GONE if got.status == 410 else Outcome.ERROR
        return Trial(url, outcome, reason=got.reason, answered=got.status > 0)
    if not isinstance(got, Fetched):
        return Trial(url, Outcome.ERROR, reason="The server says that nothing changed, to a first visit.")
    found = await parsers.parse(got.content, url=got.final_url, content_type=got.content_type)
    if isinstance(found, NotAFeed):
        links = feed_links(got.content.decode("utf-8", "replace"), got.final_url) if found.is_page else ()
        return Trial(url, Outcome.ERROR, reason=found.reason, moved_to=got.moved_to, feeds=links)
    return _trial(url, got, found)


def _trial(url: str, got: Fetched, found: ParsedFeed) -> Trial:
    published = [entry.published for entry in found.entries if entry.published]
    partial, reason = shortfall(got, found)
    return Trial(
        url=url,
        outcome=Outcome.PARTIAL if partial else Outcome.OK,
        reason=reason,
        title=found.title,
        site=found.site,
        entries=len(found.entries),
        newest=max(published, default=None),
        pace_days=health.pace_days(published),
        moved_to=got.moved_to,
    )


async def _discover(settings: Settings, urls: Sequence[str]) -> list[Trial]:
    found: list[Trial] = []
    with Parsers() as parsers:
        async with Client(policy_of(settings)) as client:
            for url in urls:
                found = await _behind(client, parsers, url)
                if found[0].outcome in _READABLE:
                    break
    return found


async def _behind(client: Client, parsers: Parsers, url: str) -> list[Trial]:
    first = await _try(client, parsers, url)
    if first.outcome is not Outcome.ERROR or not first.answered:
        return [first]
    named = await asyncio.gather(*(_try(client, parsers, link.url) for link in first.feeds))
    readable = [trial for trial in named if trial.outcome is not Outcome.ERROR]
    if readable:
        return readable
    for guess in guesses(url):
        trial = await _try(client, parsers, guess.url)
        if trial.outcome is not Outcome.ERROR:
            return [trial]
    nowhere = "No feed can be read there, nor in the usual places of the site."
    return [replace(first, reason=f"{first.reason} {nowhere}")]


def _web_addresses(url: str) -> list[str]:
    """What people write for an address: with its scheme, else the secure one first. Raises UsageError."""
    url = url.strip()
    given = [url] if "://" in url else [f"https://{url}", f"http://{url}"]
    if not absolute(given[0]) or re.search(r"\s", url):
        raise UsageError(f"{url!r} is not a web address.", "Write one such as https://gds.blog.gov.uk/.")
    return given


# --- Changing the settings file ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one source that was to be added."""

    name: str
    feed: str
    verdict: str  # "added" or "known"
    reason: str = ""


def add_source(settings: Settings, url: str, *, name: str = "", theme: str = "") -> Added:
    """Find the feed behind an address and add it to digest.toml. Raises UsageError where there is none, or several."""
    keys = [each.key for each in settings.themes]
    if theme and theme not in (*keys, ELSEWHERE):
        raise UsageError(f"There is no theme {theme!r}.", f"The themes are {', '.join(keys)}.")
    tried = discover(settings, url)
    found = [trial for trial in tried if trial.outcome in _READABLE]
    if not found:
        raise UsageError(f"No feed was found at {url}. {tried[0].reason}", "Give the address of the feed itself.")
    if len(found) > 1:
        listed = "\n".join(f"  {trial.url}  {trial.title}" for trial in found)
        raise UsageError(f"{url} has several feeds:\n{listed}", "Add the one you want by its own address.")
    chosen = found[0]
    feed = chosen.moved_to or chosen.url
    source = Source(name or chosen.title, feed, chosen.site, theme)
    return add_to_settings(settings, [source])[0]


def import_opml(settings: Settings, path: Path, *, dry_run: bool = False) -> list[Added]:
    """Add the feeds of an OPML file that the settings do not have yet. Raises UsageError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        listed = read_opml(content, settings.themes)
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", error.remedy) from error
    return add_to_settings(settings, listed, dry_run=dry_run)


def export_opml(settings: Settings) -> str:
    return write_opml(settings.sources, title=settings.newsletter.title)


def add_to_settings(settings: Settings, coming: Iterable[Source], *, dry_run: bool = False) -> list[Added]:
    """Append sources to digest.toml, its comments and order kept; those already there stay as they are."""
    feeds = {identity(source.feed): source.name for source in settings.sources}
    names = {source.name for source in settings.sources}
    verdicts, new = [], []
    for source in coming:
        key = identity(source.feed)
        if key in feeds:
            verdicts.append(Added(source.name, source.feed, "known", f"followed as {feeds[key]}"))
            continue
        source = replace(source, name=_unused(source.name, names))
        feeds[key] = source.name
        names.add(source.name)
        new.append(source)
        verdicts.append(Added(source.name, source.feed, "added"))
    if new and not dry_run:
        _append(settings, new)
    return verdicts


def _unused(name: str, names: set[str]) -> str:
    chosen, number = name, 2
    while chosen in names:
        chosen, number = f"{name} ({number})", number + 1
    return chosen


def _append(settings: Settings, new: Iterable[Source]) -> None:
    try:
        text = settings.path.read_text("utf-8-sig")
        document = tomlkit.parse(text)
    except (OSError, TOMLKitError) as error:
        raise SettingsError(f"{settings.path} cannot be read: {error}.") from error
    tables = document.get("sources")
    if not isinstance(tables, AoT):
        tables = tomlkit.aot()
        document["sources"] = tables
    for source in new:
        if len(tables):
            last = tables[-1].as_string()
            for _ in range(2 - (len(last) - len(last.rstrip("\n")))):  # ends its line, and leaves one empty
                tables[-1].add(tomlkit.nl())
        tables.append(_table(source))
    changed = tomlkit.dumps(document)
    parse_settings(changed, path=settings.path)  # never leave a file that the next run refuses
    beside = settings.path.with_name(f".{settings.path.name}.new")
    try:
        beside.write_text(changed, "utf-8")
        beside.chmod(settings.path.stat().st_mode & 0o777)
        beside.replace(settings.path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise SettingsError(f"{settings.path} cannot be written: {error.strerror}.") from error


def _table(source: Source) -> Table:
    table = tomlkit.table()
    table.add("name", source.name)
    table.add("feed", source.feed)
    for key, value in (("site", source.site), ("theme", source.theme), ("selector", source.selector)):
        if value:
            table.add(key, value)
    if not source.active:
        table.add("active", False)
    return table
