"""Which posts the edition of a week takes, and why the others are left out. Pure. `rank` puts them in order.

    stored posts ─window, other editions, the editor's decisions▶ chosen + left out, each with its reason

An edition takes what was published within its window. A post first seen after its own week had closed goes into the
next edition, marked late. No post is in two editions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.model import Decision, LeftOut, Post, StoredPost
from digest.week import Week, Window


@dataclass(frozen=True, slots=True)
class Selection:
    posts: tuple[Post, ...]  # oldest first
    left_out: tuple[LeftOut, ...]
    overruled: Mapping[str, str] = field(
        default_factory=dict
    )  # what spoke against posts that an editor brought in or pinned


def select_posts(
    posts: Iterable[StoredPost],
    window: Window,
    *,
    now: datetime,
    in_editions: Mapping[str, Week],
    decisions: Mapping[str, Decision] | None = None,
    left_out_elsewhere: Collection[str] = frozenset(),
    held_posts: Collection[str] = frozenset(),
    active_sources: Collection[str] | None = None,
    max_age_days: int = 35,
) -> Selection:
    """Sort the week's posts into chosen and left out. Posts of other weeks are in neither list.

    `in_editions` maps the posts of other editions to the week; `left_out_elsewhere` are posts that another edition
    left out; `held_posts` were held back by the editor of an earlier edition; `active_sources` names the sources that
    the newsletter follows now (None: all). A post that the editor
    pinned or brought in is chosen unless it is in another edition.
    """
    in_order = sorted(posts, key=lambda stored: (stored.post.published, stored.post.id))
    by_id = {stored.post.id: stored.post for stored in in_order}
    oldest = window.ends - timedelta(days=max_age_days)
    selector = Selector(
        window, now, in_editions, decisions or {}, left_out_elsewhere, held_posts, active_sources, oldest, by_id
    )
    week_posts: list[Post] = []
    left_out: list[LeftOut] = []
    overruled: dict[str, str] = {}
    for stored in in_order:
        if not selector.is_candidate(stored):
            continue
        post = stored.post
        reason = selector.reason_against(stored)
        if reason:
            left_out.append(LeftOut(post.id, post.title, post.url, post.source, reason))
        else:
            week_posts.append(replace(post, late=post.published < window.starts))
            decision = selector.decisions.get(post.id)
            if (
                decision is not None
                and (decision.brought_in or decision.pinned)
                and (fault := selector.fault_of(stored))
            ):
                overruled[post.id] = fault
    return Selection(tuple(week_posts), tuple(left_out), overruled)


@dataclass(frozen=True, slots=True)
class Selector:
    """What decides about each post."""

    window: Window
    now: datetime
    in_editions: Mapping[str, Week]
    decisions: Mapping[str, Decision]
    left_out_elsewhere: Collection[str]
    held_posts: Collection[str]
    active_sources: Collection[str] | None
    oldest: datetime  # what was published before is too old
    by_id: Mapping[str, Post]

    def is_candidate(self, stored: StoredPost) -> bool:
        """Whether this edition has to choose the post or say why not."""
        post = stored.post
        if stored.added_by and post.id not in self.decisions:
            return post.id in self.held_posts  # an editor added it to one edition: no other has to take it
        if post.published in self.window or post.id in self.held_posts or post.id in self.decisions:
            return True
        if post.published >= self.window.ends:
            # Dated ahead, perhaps by decades: the week in which it was first seen says that it waits.
            return post.first_seen in self.window
        # Published before the window. It is late, unless it was there when its source was first read, was first seen
        # while its own week was open, or another edition has decided about it.
        if stored.backlog or post.first_seen < self.window.starts:
            return False
        return post.id not in self.left_out_elsewhere and post.id not in self.in_editions

    def reason_against(self, stored: StoredPost) -> str:
        """Return why the edition leaves the post out; "" where it takes it."""
        post, decision = stored.post, self.decisions.get(stored.post.id)
        if post.id in self.in_editions:
            return f"already in the edition of {self.in_editions[post.id]}"
        if decision is not None and decision.dropped:
            return f"dropped by the editor: {decision.dropped}"
        if decision is not None and decision.held:
            return "held back by the editor for the next edition"
        if decision is not None and (decision.pinned or decision.brought_in):
            return ""
        return self.fault_of(stored)

    def fault_of(self, stored: StoredPost) -> str:
        """Return what speaks against the post, whatever the editor decided; "" for nothing."""
        post = stored.post
        if stored.same_as:
            original = self.by_id.get(stored.same_as)
            return f"the same as “{original.title}” of {original.source}" if original else "the same as an earlier post"
        if stored.quarantine:
            return f"in quarantine: {stored.quarantine}"
        is_followed = self.active_sources is None or post.source in self.active_sources or bool(stored.added_by)
        if not is_followed:
            return "its source is no longer followed"
        if post.id in self.held_posts:
            return ""
        if not post.url:
            return "its feed gives no web address for it"
        if not stored.added_by and (post.published > self.now or post.published >= self.window.ends):
            return f"dated in the future ({post.published:%Y-%m-%d %H:%M} UTC); it waits until then"
        if post.published < self.oldest:
            return f"too old: published on {post.published:%Y-%m-%d}, first seen on {post.first_seen:%Y-%m-%d}"
        return ""
