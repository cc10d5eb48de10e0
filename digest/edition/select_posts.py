"""Which posts an edition takes, and why the others are left out. Pure.

    stored posts ─window, what other editions show, the editor's decisions▶ chosen + left out, each with its reason

An edition takes what was published within its window. A post that was first seen after its own week had closed comes
into the next edition, marked late. Nothing is in two editions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.arrival import Stored
from digest.model import Decision, LeftOut, Post
from digest.week import Window


@dataclass(frozen=True, slots=True)
class Selection:
    chosen: tuple[Post, ...]  # oldest first
    left_out: tuple[LeftOut, ...]


def select(
    posts: Iterable[Stored],
    window: Window,
    *,
    now: datetime,
    taken: Mapping[str, str],
    decisions: Mapping[str, Decision] | None = None,
    considered: Collection[str] = frozenset(),
    carried: Collection[str] = frozenset(),
    followed: Collection[str] | None = None,
    max_age_days: int = 35,
) -> Selection:
    """Every post that is of this week is in one of the two lists; others are in neither.

    `taken` are posts that another edition shows, with its week; `considered` are posts that another edition left out;
    `carried` are posts that an earlier edition's editor held back; `followed` names the sources that the newsletter
    still follows (None: all). What the editor pinned comes in, whatever else speaks against it but another edition.
    """
    found = sorted(posts, key=lambda stored: (stored.post.published, stored.post.id))
    known = {stored.post.id: stored.post for stored in found}
    oldest = window.ends - timedelta(days=max_age_days)
    week = _Week(window, now, taken, decisions or {}, considered, carried, followed, oldest, known)
    chosen: list[Post] = []
    left_out: list[LeftOut] = []
    for stored in found:
        if not week.concerns(stored):
            continue
        post = stored.post
        reason = week.against(stored)
        if reason:
            left_out.append(LeftOut(post.id, post.title, post.url, post.source, reason))
        else:
            chosen.append(replace(post, late=post.published < window.starts))
    return Selection(tuple(chosen), tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Week:
    window: Window
    now: datetime
    taken: Mapping[str, str]
    decisions: Mapping[str, Decision]
    considered: Collection[str]
    carried: Collection[str]
    followed: Collection[str] | None
    oldest: datetime  # published before it is too old
    known: Mapping[str, Post]  # by id

    def concerns(self, stored: Stored) -> bool:
        """Whether this edition has to account for a post."""
        post = stored.post
        if post.published in self.window or post.id in self.carried or post.id in self.decisions:
            return True
        if post.published >= self.window.ends:
            return False
        # Published before the window: late, unless it was there when its source was first read, was first seen while
        # its own week was open, or another edition has decided about it.
        if stored.backlog or post.first_seen < self.window.starts:
            return False
        return post.id not in self.considered and post.id not in self.taken

    def against(self, stored: Stored) -> str:
        """Why the edition does not take it; "" where it does."""
        post, decision = stored.post, self.decisions.get(stored.post.id)
        if post.id in self.taken:
            return f"already in the edition of {self.taken[post.id]}"
        if decision is not None and decision.dropped:
            return f"dropped by the editor: {decision.dropped}"
        if decision is not None and decision.held:
            return "held back by the editor for the next edition"
        if decision is not None and decision.pinned:
            return ""
        return self.unfit(stored)

    def unfit(self, stored: Stored) -> str:
        post = stored.post
        if stored.same_as:
            original = self.known.get(stored.same_as)
            return f"the same as “{original.title}” of {original.source}" if original else "the same as an earlier post"
        if stored.quarantine:
            return f"in quarantine: {stored.quarantine}"
        if self.followed is not None and post.source not in self.followed:
            return "its source is no longer followed"
        if post.id in self.carried:
            return ""
        if not post.url:
            return "the feed gives no address for it"
        if post.published > self.now:
            return f"dated in the future ({post.published:%Y-%m-%d %H:%M} UTC); it waits until then"
        if post.published < self.oldest:
            return f"too old: published on {post.published:%Y-%m-%d}, first seen on {post.first_seen:%Y-%m-%d}"
        return ""
