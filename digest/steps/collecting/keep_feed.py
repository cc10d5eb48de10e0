"""Store what a feed shows: its new posts, its changed ones, and the state of its source. One transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from digest.collect import source_pace
from digest.collect.entry_identity import Identified
from digest.collect.identify_posts import judge
from digest.collect.match_entries import KnownPosts, is_strange
from digest.collect.parsed_feed import ParsedFeed
from digest.collect.quarantine import count_moved
from digest.model import Source, SourceReport
from digest.steps.collecting.visit_outcomes import SHOWN_TWICE, identity_notes
from digest.store import entries, posts, sources
from digest.store.entries import KnownEntry
from digest.store.sources import SourceState
from digest.week import Window


@dataclass(frozen=True, slots=True)
class Collecting:
    """What all visits of one run share."""

    hosts: Mapping[str, frozenset[str]]  # of each source's own pages, by name
    window: Window | None = None  # of the week that the run is for, where one was named


def keep_feed(
    connection: Connection, run: Collecting, source: Source, state: SourceState, feed: ParsedFeed, now: datetime
) -> SourceReport:
    """`state` is what the visit has made of the source's; the entries' part is added here."""
    identified = feed.identified
    known, before = _known(connection, source, state, identified)
    arrivals = judge(identified, source=source, known=known, hosts=run.hosts, now=now, window=run.window)
    new = entries.keep(connection, source.name, arrivals, before=before, now=now)
    quarantined = sum(bool(arrival.quarantine) for arrival in arrivals)
    notes = identity_notes(count_moved(arrivals, known), quarantined)
    left_out = dict(feed.left_out)
    if len(arrivals) < len(identified):
        left_out[SHOWN_TWICE] = len(identified) - len(arrivals)
    published = [moment for entry in feed.entries if (moment := entry.published) and moment <= now]
    state = replace(
        state,
        checked_at=now,
        good_at=now,
        first_good_at=state.first_good_at or now,
        newest_at=max([*published, *([state.newest_at] if state.newest_at else [])], default=None),
        pace_days=source_pace.pace_days(published) or state.pace_days,
        failures=0,
        gone_at=None,
        reason=" ".join(filter(None, [state.reason, notes])),
        left_out=left_out,
    )
    sources.save(connection, [state])
    report = sources.report_of(state)
    return replace(report, new=new, known=len(arrivals) - new, quarantined=quarantined)


def _known(
    connection: Connection, source: Source, state: SourceState, identified: Sequence[Identified]
) -> tuple[KnownPosts, Mapping[str, KnownEntry]]:
    """What the store knows of a feed's entries."""
    possible = {post for each in identified for post in each.possible_posts}
    if state.first_good_at is None:
        return KnownPosts(posts=entries.known_posts(connection, possible), newest=state.newest_at), {}
    before = entries.shown_before(connection, source.name, {uid for each in identified for uid in each.uids})
    uids = {uid: entry.post for uid, entry in before.items()}
    known = KnownPosts(
        uids=uids,
        posts=entries.known_posts(connection, {*uids.values(), *possible}),
        html_of=lambda post: posts.html_of(connection, [post]).get(post, ""),
        first_fetch=False,
        newest=state.newest_at,
    )
    if any(is_strange(each, known) for each in identified):
        history = entries.history_of(connection, source.name)
        more = entries.known_posts(connection, {each.post for each in history} - known.posts.keys())
        known = replace(known, history=history, posts={**known.posts, **more})
    return known, before
