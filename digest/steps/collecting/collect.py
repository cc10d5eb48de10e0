"""Collect: fetch the feeds that are due, store new posts, and remember the state of each source.

    Source ─fetch▶ Fetched ─parse▶ ParsedFeed ─judge▶ Arrival… ─keep▶ store      one transaction per source

`collect` does all of it, for `digest collect`; `Collector.visit` does one source.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from digest.collect import explain_failure, source_pace
from digest.collect.discover_feeds import FeedLink, guesses
from digest.collect.explain_failure import FailureKind
from digest.collect.fetch import Client, Fetched, FetchFailed, Unchanged
from digest.collect.parse_in_workers import ParsePool
from digest.collect.parsed_feed import NotAFeed
from digest.errors import DigestError, UsageError
from digest.events import SourceFailing
from digest.model import Outcome, Source, SourceReport
from digest.settings import Settings
from digest.steps.collecting.keep_feed import Collecting, keep_feed
from digest.steps.collecting.merge_copies import compared_since, hosts_of, merge_copies
from digest.steps.collecting.read_feed import FEEDS_TO_TRY, FeedReader
from digest.steps.collecting.retention import forget
from digest.steps.collecting.visit_outcomes import (
    current_state,
    is_too_large,
    line_of,
    moved_to,
    not_a_feed,
    not_due,
    page_note,
    policy_of,
    shortfall,
    too_large,
    unchanged,
)
from digest.steps.collecting.visit_queue import Arrived, Room, visit_all
from digest.steps.context import Context
from digest.steps.part import WHOLE, Part, in_part
from digest.store import sources
from digest.store.sources import SourceState
from digest.store.writer import Writer
from digest.week import Week, cutoff_of, latest_closed, window_of

LOG = logging.getLogger(__name__)

_BAD = (Outcome.ERROR, Outcome.GONE)


@dataclass(frozen=True, slots=True)
class CollectReport:
    """`week` is the week to collect for: the one named, else the last one that closed."""

    week: Week
    sources: tuple[SourceReport, ...]
    finding: str = ""  # about this machine, where that is why no source could be read


def collect(
    context: Context,
    *,
    week: Week | None = None,
    source: str | None = None,
    force: bool = False,
    parsers: ParsePool | None = None,
    part: Part = WHOLE,
) -> CollectReport:
    """Fetch every active source, or the one named, and report on each. Raises UsageError for an unknown name.

    `force` also fetches sources that are not due yet, and asks for the whole feed. `week` names the edition to collect
    for: its posts are accepted however old they are. With `part`, only the sources of these hosts are visited, and
    `finish_parts` is due after the last part.
    """
    sources_to_visit = in_part(chosen_sources(context.settings, source), part, group=_host)
    collector = Collector(context, week=week, parsers=parsers)
    return asyncio.run(_collect(collector, sources_to_visit, force=force, whole=part == WHOLE))


def finish_parts(context: Context, week: Week | None) -> None:
    """Merge copies and delete what is past its retention, after all parts."""
    asyncio.run(_collect(Collector(context, week=week), (), force=False, whole=True))


def _host(source: Source) -> str:
    return urlsplit(source.feed).netloc


async def _collect(
    collector: Collector, sources_to_visit: Sequence[Source], *, force: bool, whole: bool
) -> CollectReport:
    async with collector:
        reports, finding = await collector.settle(await collector.visit_all(sources_to_visit, force=force))
        if whole:
            await collector.finish()
    return CollectReport(collector.week, tuple(reports), finding)


def chosen_sources(settings: Settings, name: str | None = None) -> list[Source]:
    """Return the active sources, or the one of that name, active or not. Raises UsageError."""
    if name is None:
        return [source for source in settings.sources if source.active]
    for source in settings.sources:
        if source.name == name:
            return [source]
    raise UsageError(f"There is no source called {name!r}.", "See `digest sources list`.")


_MAY_BE_ELSEWHERE = (FailureKind.GONE, FailureKind.NOT_FOUND, FailureKind.BROKEN)
_UNDER_WAY = 2
"""Visits under way for each fetch at a time: while some are fetched, others wait for a parser or the writer."""
_QUIET_AT_ONCE = 200
"""Sources without news that are saved together."""
_UNKNOWN_NAME = (FailureKind.NO_HOST, FailureKind.NAME_SERVER)


def _worth_a_search(failures: int) -> bool:
    """Whether to search the site for another feed: after the first, second, fourth, eighth … failure in a row."""
    return failures & (failures - 1) == 0


class Collector:
    """The HTTP client, parsers and writer of one run; an async context manager."""

    def __init__(self, context: Context, *, week: Week | None = None, parsers: ParsePool | None = None) -> None:
        self.context = context
        newsletter = context.settings.newsletter
        closed = latest_closed(context.clock(), newsletter.cutoff, newsletter.zone)
        self._cutoff = cutoff_of(closed, newsletter.cutoff, newsletter.zone)
        self.window = window_of(week, newsletter.cutoff, newsletter.zone) if week else None
        self.week = self.window.week if self.window else closed
        self._client = Client(policy_of(context.settings))
        parse_pool = parsers or ParsePool()
        self._own_parsers = parse_pool if parsers is None else None
        since = compared_since(context.clock(), self.window)
        self._feeds = FeedReader(self._client, parse_pool, newsletter.timezone, since)
        self._writer = Writer(context.store)
        self._run = Collecting(hosts_of(context.settings), self.window)
        self._states: Mapping[str, SourceState] = {}
        self._news = 0  # posts that are new
        self._visited = 0  # sources
        self._unresolved: dict[str, tuple[Source, FetchFailed, datetime]] = {}  # sources whose host has no address
        self._quiet: list[SourceState] = []  # sources that had nothing new, to be saved together

    async def __aenter__(self) -> Self:
        with self.context.store.reading() as connection:
            self._states = sources.states(connection)
        self._writer.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.__exit__(kind, error, trace)
        if self._own_parsers:
            self._own_parsers.__exit__(kind, error, trace)
        await self._client.__aexit__(kind, error, trace)

    async def visit_all(self, sources_to_visit: Sequence[Source], *, force: bool = False) -> list[SourceReport]:
        """Visit these sources, a bounded number of them at a time; return their reports in the same order."""
        policy = self._client.policy
        return await visit_all(
            sources_to_visit,
            lambda source, arrived: self.visit(source, force=force, arrived=arrived),
            host=lambda source: urlsplit(self._address_of(source)).netloc,
            room=Room(policy.concurrency * _UNDER_WAY, policy.per_host * 2),
        )

    def _address_of(self, source: Source) -> str:
        state = current_state(self._states.get(source.name), source)
        return state.moved_to or source.feed

    async def visit(
        self, source: Source, *, force: bool = False, arrived: Arrived = lambda _size: None
    ) -> SourceReport:
        """Fetch one source. A failure is part of the report, not raised.

        `arrived` is called once the host has answered, with the bytes that came.
        """
        started = asyncio.get_running_loop().time()
        state = current_state(self._states.get(source.name), source)
        now = self.context.clock()
        early = None if force else not_due(state, now, cutoff=self._cutoff)
        if early is not None:
            return early
        self.context.check_stopping()
        self._visited += 1
        try:
            report = await self._visit(source, state, now, arrived, force=force)
        except DigestError:
            raise  # the store, not the source
        except Exception as error:  # noqa: BLE001 - an unforeseen error in one source must not cost the week
            reason = f"Digest itself failed ({type(error).__name__}). Please report it, with the feed's address."
            report = SourceReport(source.name, source.feed, Outcome.ERROR, reason)
        report = replace(report, seconds=round(asyncio.get_running_loop().time() - started, 3))
        LOG.log(
            logging.WARNING if report.outcome in _BAD else logging.INFO, line_of(report), extra={"source": source.name}
        )
        return report

    async def settle(self, reports: Sequence[SourceReport]) -> tuple[list[SourceReport], str]:
        """Decide what sources whose names could not be looked up are: gone each for itself, or all cut off with us.

        Where no name of at least two hosts could be looked up, it is one finding, and no source's failure.
        """
        hosts = {urlsplit(source.feed).hostname for source, _, _ in self._unresolved.values()}
        cut_off = len(self._unresolved) == self._visited and len(hosts) > 1
        settled = dict[str, SourceReport]()
        for source, failed, now in self._unresolved.values():
            state = current_state(self._states.get(source.name), source)
            if cut_off:
                state = replace(state, reason=explain_failure.NO_NAMES, checked_at=now, next_at=None)
                settled[source.name] = await self._save(state, Outcome.ERROR, explain_failure.NO_NAMES)
            else:
                settled[source.name] = await self._count(source, state, failed, now)
        self._unresolved.clear()
        return [settled.get(report.name, report) for report in reports], explain_failure.NO_NAMES if cut_off else ""

    async def finish(self) -> None:
        """Merge copies, delete what is past its retention. Call it once, after all."""
        self._flush()
        if self._news or self.window:
            await asyncio.to_thread(merge_copies, self.context, self.window)
        await asyncio.to_thread(forget, self.context)

    def _flush(self) -> None:
        quiet, self._quiet = self._quiet, []
        if quiet:
            self._writer.put(lambda connection: sources.save(connection, quiet))

    async def _visit(
        self, source: Source, state: SourceState, now: datetime, arrived: Arrived, *, force: bool
    ) -> SourceReport:
        whole = force or source_pace.wants_whole(state.whole_at, now)
        address = state.moved_to or source.feed
        result = await self._client.fetch(
            address, etag="" if whole else state.etag, last_modified="" if whole else state.last_modified
        )
        if isinstance(result, FetchFailed) and address != source.feed:
            # The redirect target fails: try the feed of the settings again.
            state = replace(state, moved_to="", etag="", last_modified="")
            result = await self._client.fetch(source.feed)
        arrived(len(result.content) if isinstance(result, Fetched) else 0)
        if isinstance(result, Fetched):
            return await self._fetched(source, state, result, now, whole=force)
        if isinstance(result, Unchanged):
            state = replace(state, moved_to=moved_to(source, state, result))
            state = replace(
                unchanged(state, now), next_at=source_pace.next_visit(now, ttl=None, fresh_for=result.fresh_for)
            )
            return await self._save(state, Outcome.UNCHANGED, state.reason)
        return await self._failed(source, state, result, now)

    async def _fetched(
        self, source: Source, state: SourceState, response: Fetched, now: datetime, *, whole: bool
    ) -> SourceReport:
        digest = hashlib.sha256(response.content).hexdigest()
        state = replace(state, etag=response.etag, last_modified=response.last_modified, whole_at=now)
        if digest == state.content_hash and not whole:
            state = replace(state, moved_to=moved_to(source, state, response))
            state = replace(
                unchanged(state, now), next_at=source_pace.next_visit(now, ttl=None, fresh_for=response.fresh_for)
            )
            return await self._save(state, Outcome.UNCHANGED, state.reason)
        feed = await self._feeds.parse(source, response)
        proposed, note, links = "", "", tuple[FeedLink, ...]()
        if isinstance(feed, NotAFeed) and feed.is_page:
            links = await self._feeds.links(response)
            proposals = (FeedLink(state.proposed),) if state.proposed else ()
            of_posts = (link for link in links if not link.is_of_comments)
            followed = await self._feeds.first_of(source, (*proposals, *of_posts)[:FEEDS_TO_TRY])
            if followed is None and _worth_a_search(state.failures + 1):
                followed = await self._feeds.first_of(source, guesses(response.final_url))
            if followed is not None:
                feed, proposed = followed
                note = page_note(proposed, links)
                state = replace(state, etag="", last_modified="")
        if isinstance(feed, NotAFeed):
            failed = FetchFailed(response.url, FailureKind.BROKEN, not_a_feed(feed, links))
            return await self._failed(source, replace(state, etag="", last_modified=""), failed, now)
        if not proposed and is_too_large(response, feed):
            failed = FetchFailed(response.url, FailureKind.TOO_LARGE, too_large(response))
            return await self._failed(source, replace(state, etag="", last_modified=""), failed, now)
        partial, reason = shortfall(response, feed)
        state = replace(
            state,
            content_hash="" if proposed else digest,  # of a web page; its feed may change although the page does not
            outcome=Outcome.PARTIAL if partial else Outcome.OK,
            reason=" ".join(part for part in (note, reason) if part),
            proposed=proposed,
            moved_to="" if proposed else moved_to(source, state, response),
            next_at=source_pace.next_visit(now, ttl=feed.ttl, fresh_for=response.fresh_for),
            entries=feed.total,
        )
        report = await self._writer.write(lambda connection: keep_feed(connection, self._run, source, state, feed, now))
        self._news += report.new
        return report

    async def _failed(self, source: Source, state: SourceState, failed: FetchFailed, now: datetime) -> SourceReport:
        if failed.kind in _UNKNOWN_NAME:
            self._unresolved[source.name] = (source, failed, now)  # whose fault it is shows after the last visit
            return SourceReport(source.name, source.feed, Outcome.ERROR, failed.reason)
        return await self._count(source, state, failed, now)

    async def _count(self, source: Source, state: SourceState, failed: FetchFailed, now: datetime) -> SourceReport:
        """One more failure of a source, in its memory and for its editors."""
        is_gone = failed.kind is FailureKind.GONE
        failures = state.failures + 1
        starts_to_fail = failures == source_pace.FAILURES or (
            is_gone and state.gone_at is None and failures < source_pace.FAILURES
        )
        state = replace(
            state,
            checked_at=now,
            failures=failures,
            reason=failed.reason,
            gone_at=(state.gone_at or now) if is_gone else None,
            next_at=source_pace.after_failure(now, failures=failures, retry_after=failed.retry_after, gone=is_gone),
        )
        if failed.kind in _MAY_BE_ELSEWHERE and not state.proposed and _worth_a_search(failures):
            state = replace(state, proposed=await self._feeds.elsewhere(source))
        report = await self._save(state, Outcome.GONE if is_gone else Outcome.ERROR, failed.reason)
        if starts_to_fail:
            event = SourceFailing(source.name, failed.reason, failures, state.good_at)
            await asyncio.to_thread(self.context.emit, event)
        return report

    async def _save(self, state: SourceState, outcome: Outcome, reason: str) -> SourceReport:
        saved = state if outcome is Outcome.UNCHANGED else replace(state, outcome=outcome)

        if outcome is Outcome.UNCHANGED:
            # Saved later: a crash loses only the time of this fetch.
            self._quiet.append(saved)
            if len(self._quiet) >= _QUIET_AT_ONCE:
                self._flush()
        else:
            await self._writer.write(lambda connection: sources.save(connection, [saved]))
        report = sources.report_of(saved)
        return replace(report, outcome=outcome, reason=reason)
