"""Where a collected post is, and why it is not in an edition, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.edition.select_posts import Selector
from digest.model import Decision, Edition, EditionStatus, StoredPost
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import editions, editor_decisions, posts
from digest.week import Week, Window, week_of

EDITABLE = (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.APPROVED)


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that was collected, and where it is."""

    id: str
    title: str
    source: str
    url: str
    published: datetime
    where: str  # "In this edition, under Comms"
    week: Week | None = None  # of the edition that shows it
    can_bring: bool = False  # into the edition that is being edited
    is_here: bool = False  # that edition shows it


class Whereabouts:
    """What has to be known to say where posts are, as seen from the edition of `week` (None: from none)."""

    def __init__(self, context: Context, connection: Connection, week: Week | None) -> None:
        self._context, self._connection, self._week = context, connection, week
        self._rows = {row.week: row for row in editions.list_all(connection)}
        row = self._rows.get(week) if week else None
        self.can_edit = row is not None and row.revision > 0 and row.status in EDITABLE
        self._decisions = editor_decisions.of_week(connection, week) if week else {}
        self._known: dict[Week, Edition | None] = {}

    def of(self, ids: Collection[str]) -> list[FoundPost]:
        """Return these posts in this order, without those that are gone."""
        stored = posts.by_id(self._connection, ids)
        originals = {each.same_as for each in stored.values() if each.same_as} - stored.keys()
        everything = stored | posts.by_id(self._connection, originals)
        places = editions.places_of(self._connection, everything)
        return [self._post(stored[post], everything, places) for post in ids if post in stored]

    def _post(
        self, stored: StoredPost, everything: Mapping[str, StoredPost], places: Mapping[str, Mapping[Week, bool]]
    ) -> FoundPost:
        post = stored.post
        week = self._shown_in(places.get(post.id, {}))
        where = self._why_not(stored, everything, places) if week is None else self._in_edition(post.id, week)
        is_here = week is not None and week == self._week
        can_bring = self.can_edit and week is None
        return FoundPost(
            post.id,
            post.title,
            post.source,
            post.url,
            post.published,
            _sentence(where),
            week,
            can_bring,
            is_here,
        )

    def _shown_in(self, places: Mapping[Week, bool]) -> Week | None:
        """Return the week whose edition shows the post. A skipped edition shows nothing."""
        weeks = [
            week
            for week, is_shown in places.items()
            if is_shown and (week == self._week or self._rows[week].status is not EditionStatus.SKIPPED)
        ]
        return self._week if self._week in weeks else max(weeks, default=None)

    def _in_edition(self, post: str, week: Week) -> str:
        edition, status = self._edition(week), self._rows[week].status
        sections = edition.sections if edition else ()
        under = next((each.title for each in sections if any(one.id == post for one in each.posts)), "")
        below = f", under {under}" if under else ""
        if week == self._week:
            return f"in this edition{below}"
        states = {EditionStatus.SENT: "which was sent", EditionStatus.SENDING: "which is being sent"}
        return f"in the edition {week}, {states.get(status, f'which is {status.value}')}{below}"

    def _why_not(
        self, stored: StoredPost, everything: Mapping[str, StoredPost], places: Mapping[str, Mapping[Week, bool]]
    ) -> str:
        post = stored.post
        if self._week and (reason := self._left_out_of(self._week, post.id)):
            return f"left out of this edition: {reason}{self._of_original(stored, places)}"
        if self._decisions.get(post.id, Decision(post.id)) != Decision(post.id):
            return "decided about in this edition, which is not composed again yet"
        if stored.added_by:
            return f"added by {stored.added_by}, and in no edition now"
        window = self._window(post.published)
        if fault := self._fault(stored, window, everything):
            return f"{fault}{self._of_original(stored, places)}"
        return self._of_its_week(stored, window)

    def _of_original(self, stored: StoredPost, places: Mapping[str, Mapping[Week, bool]]) -> str:
        week = self._shown_in(places.get(stored.same_as, {})) if stored.same_as else None
        return f", which is {self._in_edition(stored.same_as, week)}" if week else ""

    def _fault(self, stored: StoredPost, window: Window, everything: Mapping[str, StoredPost]) -> str:
        """Return what speaks against the post in the edition of its own week."""
        settings = self._context.settings
        selector = Selector(
            window=window,
            now=self._context.clock(),
            in_editions={},
            decisions={},
            left_out_elsewhere=(),
            held_posts=(),
            active_sources={source.name for source in settings.sources if source.active},
            oldest=self._seen_from.ends - timedelta(days=settings.collect.max_age_days),
            by_id={post: each.post for post, each in everything.items()},
        )
        return selector.fault_of(stored)

    def _of_its_week(self, stored: StoredPost, window: Window) -> str:
        week = window.week
        if week == self._week:
            return "collected after this draft was composed; composing again takes it up"
        if window.starts >= self._seen_from.ends:
            return f"waiting for the edition {week}"
        if reason := self._left_out_of(week, stored.post.id):
            return f"left out of the edition {week}: {reason}"
        if stored.backlog:
            return f"of an earlier week ({week}): it was there already when its source was first read"
        row = self._rows.get(week)
        if row is None or not row.revision:
            return f"of an earlier week ({week}), which has no edition"
        return f"of an earlier week ({week}), whose edition is {row.status.value}"

    @property
    def _seen_from(self) -> Window:
        return window_for(self._context.settings, self._week) if self._week else self._window(self._context.clock())

    def _window(self, moment: datetime) -> Window:
        newsletter = self._context.settings.newsletter
        return window_for(self._context.settings, week_of(moment, newsletter.cutoff, newsletter.zone))

    def _left_out_of(self, week: Week, post: str) -> str:
        edition = self._edition(week)
        return next((each.reason for each in edition.left_out if each.post == post), "") if edition else ""

    def _edition(self, week: Week) -> Edition | None:
        if week not in self._known:
            self._known[week] = editions.load(self._connection, week)
        return self._known[week]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
