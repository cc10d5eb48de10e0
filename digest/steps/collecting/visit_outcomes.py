"""Decide about visits to sources: by which policy, whether one is due, what state follows from it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from digest.collect import source_pace
from digest.collect.discover_feeds import FeedLink
from digest.collect.fetch import Fetched, Policy, Unchanged
from digest.collect.parsed_feed import NotAFeed, ParsedFeed
from digest.collect.quarantine import FLOOD
from digest.model import Outcome, Source, SourceReport
from digest.settings import Settings
from digest.store import sources
from digest.store.sources import SourceState
from digest.text import plural


def policy_of(settings: Settings) -> Policy:
    rule = settings.collect
    return Policy(
        user_agent=settings.user_agent,
        timeout=rule.timeout_seconds,
        max_bytes=rule.max_bytes,
        concurrency=rule.concurrency,
        per_host=rule.per_host,
        retries=rule.retries,
        allow_networks=tuple(rule.allow_networks),
    )


def current_state(state: SourceState | None, source: Source) -> SourceState:
    """Return the stored state of a source. If its feed's URL has changed, keep only what does not depend on the URL."""
    if state is None:
        return SourceState(source.name, source.feed)
    if state.feed == source.feed:
        return state
    return SourceState(
        source.name,
        source.feed,
        good_at=state.good_at,
        first_good_at=state.first_good_at,
        newest_at=state.newest_at,
        pace_days=state.pace_days,
    )


def not_due(state: SourceState, now: datetime, *, cutoff: datetime) -> SourceReport | None:
    """Return the report of a source that is not due yet; None if it is due.

    A healthy source is visited once after each cut-off, whatever its cache lifetime: otherwise a feed that may be
    cached for a day would hide Sunday's posts from Monday's edition.
    """
    if state.next_at is None or state.next_at <= now:
        return None
    if source_pace.is_healthy(state.outcome) and state.checked_at is not None and state.checked_at < cutoff:
        return None
    report = sources.report_of(state)
    if source_pace.is_healthy(state.outcome):
        until = f"{state.next_at:%H:%M} UTC"
        return replace(report, outcome=Outcome.UNCHANGED, reason=f"It asks not to be fetched again before {until}.")
    return report


def unchanged(state: SourceState, now: datetime) -> SourceState:
    """Return the state after a visit that brought nothing new. The outcome of the last reading still holds."""
    healthy = source_pace.is_healthy(state.outcome)
    return replace(
        state,
        checked_at=now,
        good_at=now,
        failures=0,
        gone_at=None,
        outcome=state.outcome if healthy else Outcome.OK,
        reason=state.reason if healthy else "",
    )


def moved_to(source: Source, state: SourceState, response: Fetched | Unchanged) -> str:
    """Where permanent redirects have led, now or before; "" where that is the feed of the settings."""
    target = response.moved_to or state.moved_to
    return "" if target == source.feed else target


def is_too_large(response: Fetched, feed: ParsedFeed) -> bool:
    """Whether nothing of a feed came within the limit of bytes."""
    return response.cut and not feed.entries


def too_large(response: Fetched) -> str:
    size = f"{len(response.content) / 1_000_000:.0f} MB"
    return (
        f"The feed is larger than {size}, and no entry is whole in the first part. "
        "Ask the site's owner for a feed of its newest posts only, or raise [collect] max_bytes."
    )


def shortfall(response: Fetched, feed: ParsedFeed) -> tuple[bool, str]:
    """Return whether only a part of the feed could be used, and why; the reason may also be about dates alone."""
    if response.cut:
        size = f"{len(response.content) / 1_000_000:.0f} MB"
        entries = "the one entry" if len(feed.entries) == 1 else f"the {len(feed.entries)} entries"
        return True, f"The feed is larger than {size}. Digest used {entries} in the first part."
    if feed.partial:
        return True, feed.reason
    if response.broken:
        return True, f"The connection broke. Digest used {len(feed.entries)} complete entries."
    return False, feed.reason


def page_note(used: str, links: tuple[FeedLink, ...]) -> str:
    others = [link.url for link in links if link.url != used]
    also = f" It also names {', '.join(others[:3])}." if others else ""
    return f"The address is a web page; Digest used its feed instead. Put {used} in the settings.{also}"


def not_a_feed(document: NotAFeed, links: tuple[FeedLink, ...] = ()) -> str:
    if document.is_page:
        only_comments = bool(links) and all(link.is_of_comments for link in links)
        feed = "only to a feed of comments, not of posts" if only_comments else "to no readable feed"
        return f"{document.reason} It links {feed}. Run `digest sources discover` with the site's address."
    return document.reason


SHOWN_TWICE = "the feed shows it twice"


def identity_notes(moved: int, quarantined: int) -> str:
    """For the editor: what is odd about the entries of a visit."""
    notes = []
    if moved >= FLOOD:
        notes.append(f"{moved} posts that Digest knows came under new addresses: the site has probably moved.")
    if quarantined:
        number = "1 new post is" if quarantined == 1 else f"{quarantined} new posts are"
        notes.append(
            f"{number} in quarantine, because they look like old ones; pin on the desk what belongs in the edition."
        )
    return " ".join(notes)


def line_of(report: SourceReport) -> str:
    tail = f": {report.reason}" if report.reason else ""
    return (
        f"{report.name}: {report.outcome.value}, {plural(report.entries, 'entry', 'entries')}, {report.new} new{tail}"
    )
