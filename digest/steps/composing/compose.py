"""Compose the week's draft: select posts, fetch pages, read, place, compose, and save a revision if it differs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from digest.edition.compose import CompositionRules
from digest.edition.compose import compose as compose_edition
from digest.edition.select_posts import Selection
from digest.log import for_week
from digest.model import AuditEvent, Edition, EditionStatus, EditorState, SourceReport
from digest.read.workers.read_pool import SECONDS_PER_POST, PostPool, ReadPool, warm
from digest.settings import Settings
from digest.steps.collecting.post_words import searched_since, store_words
from digest.steps.composing.compose_month import compose_month
from digest.steps.composing.fetch_pages import fetch_pages
from digest.steps.composing.fetch_pictures import fetch_pictures, with_pictures
from digest.steps.composing.merge_new import merge_new
from digest.steps.composing.place_posts import place_posts
from digest.steps.composing.read_posts import read_posts
from digest.steps.composing.reading_pool import reading_pool
from digest.steps.composing.select_week import select_week
from digest.steps.composing.stored_pages import stored_pages
from digest.steps.context import Context
from digest.steps.lease import hold
from digest.steps.weeks import refuse_open, week_for, window_for
from digest.store import approvals, audit, editions, editor_states
from digest.store.editions import EditionRow
from digest.store.sources import reports_of
from digest.text import plural
from digest.week import Week

LOG = logging.getLogger(__name__)

_OPEN = (EditionStatus.DRAFT, EditionStatus.HELD)
_BY_ITSELF = "digest"
_SECONDS_FOR_WORDS = 60.0  # for the words by which the desk finds the week's posts


@dataclass(frozen=True, slots=True)
class ComposeReport:
    edition: Edition
    status: EditionStatus
    changed: bool  # a new revision was made


def compose(
    context: Context,
    week: Week | None = None,
    *,
    fresh: bool = False,
    by: str = _BY_ITSELF,
    patient: bool = False,
    early: bool = False,
) -> ComposeReport:
    """Build or refresh the draft of `week` (default: the last one that closed); never changes an approved edition.

    `fresh` reads every post again. Raises BusyError if another run composes the same week; `patient` waits first until
    that run is known to live (`digest.steps.lease`). Raises UsageError for a week that has not closed, unless `early`.
    """
    target = week_for(context.settings, week, context.clock())
    refuse_open(context, target, early=early)
    with hold(context.store, f"compose:{target}", clock=context.clock, patient=patient):
        with context.store.reading() as connection:
            row = editions.find(connection, target)
        if row is not None and row.status not in _OPEN:
            return _as_it_is(context, row)
        warm()  # while pages are fetched, the worker processes load their libraries
        selection = select_week(context, target)
        for_week(LOG, target).info(
            "%s chosen, %d left out.", plural(len(selection.posts), "post"), len(selection.left_out)
        )
        context.check_stopping()
        if asyncio.run(fetch_pages(context, selection.posts)):
            selection = select_week(context, target)  # their pages showed that some posts are copies
        report = _keep(context, target, selection, by=by, fresh=fresh, online=True)
    store_words(context, searched_since(context, report.edition.starts), seconds=_SECONDS_FOR_WORDS)
    return report


def recompose(context: Context, week: Week, *, by: str, seconds_per_post: float = SECONDS_PER_POST) -> ComposeReport:
    """Compose again from the store, without the network, after an editor's change. Voids the approval."""
    return _keep(context, week, select_week(context, week), by=by, seconds_per_post=seconds_per_post)


def prepare(context: Context, week: Week) -> None:
    """Compose from the store and keep nothing, so that this process remembers what the next `recompose` needs."""
    with context.store.reading() as connection:
        state = editor_states.load(connection, week)
    with ReadPool() as pool:
        _draft(context, week, select_week(context, week), state, pool)


def _as_it_is(context: Context, row: EditionRow) -> ComposeReport:
    with context.store.reading() as connection:
        edition = editions.load(connection, row.week)
    if edition is None:  # skipped before anything was composed
        window = window_for(context.settings, row.week)
        edition = Edition(row.week, 0, context.settings.newsletter.title, window.starts, window.ends, ())
    for_week(LOG, row.week).info("The edition is %s; it stays as it is.", row.status.value)
    return ComposeReport(edition, row.status, changed=False)


def _keep(
    context: Context,
    week: Week,
    selection: Selection,
    *,
    by: str,
    fresh: bool = False,
    online: bool = False,
    seconds_per_post: float = SECONDS_PER_POST,
) -> ComposeReport:
    """Compose, and save a revision if it differs. Start again if the editor made a decision meanwhile."""
    with reading_pool(context.settings, seconds_per_post=seconds_per_post) as pool:
        while True:
            with context.store.reading() as connection:
                state = editor_states.load(connection, week)
            draft = _draft(context, week, selection, state, pool, fresh=fresh, online=online)
            with context.store.writing() as connection:
                current = editor_states.load(connection, week)
                if (current.decisions, current.arrangement) == (state.decisions, state.arrangement):
                    return _save(context, connection, draft, current, by=by)
            selection, fresh, online = select_week(context, week), False, False


def _save(context: Context, connection: Connection, draft: Edition, state: EditorState, *, by: str) -> ComposeReport:
    week, now = draft.week, context.clock()
    row = editions.ensure(connection, week)
    draft = replace(draft, introduction=state.introduction, subject=state.subject, preheader=state.preheader)
    draft = replace(draft, month=compose_month(connection, context.settings, draft))
    current = editions.load(connection, week)
    if row.status not in (*_OPEN, EditionStatus.APPROVED):
        return ComposeReport(current or draft, row.status, changed=False)
    editions.set_fields(connection, week, composed_at=now)
    if current is not None and replace(draft, revision=current.revision) == current:
        editions.set_editing(connection, week, current.revision, state.fields())
        return ComposeReport(current, row.status, changed=False)
    saved = editions.save_revision(connection, draft, by=by, at=now, editing=state.fields())
    if approvals.void(connection, week, because="the edition was changed", at=now):
        editions.move(connection, week, [EditionStatus.APPROVED], EditionStatus.DRAFT)
    detail = {"revision": saved.revision, "posts": len(saved.posts), "left_out": len(saved.left_out)}
    audit.record(connection, AuditEvent.COMPOSED, at=now, by=by, week=week, detail=detail)
    counts = (plural(len(saved.posts), "post"), plural(len(saved.sections), "section"))
    for_week(LOG, week).info("Revision %d: %s in %s.", saved.revision, *counts)
    return ComposeReport(saved, editions.ensure(connection, week).status, changed=True)


def _draft(
    context: Context,
    week: Week,
    selection: Selection,
    state: EditorState,
    pool: PostPool,
    *,
    fresh: bool = False,
    online: bool = False,
) -> Edition:
    """`online` fetches pictures, and tries again to read what could not be read."""
    settings = context.settings
    context.check_stopping()
    stored = stored_pages(context, selection.posts)
    results = read_posts(context, selection.posts, stored, pool, fresh=fresh, retry=online)
    comparable = [
        post
        for post in selection.posts
        if post.id not in selection.overruled and not state.decision(post.id).brought_in
    ]
    if merge_new(context, comparable, results):
        return _draft(context, week, select_week(context, week), state, pool, online=online)
    context.check_stopping()
    candidates = place_posts(context, week, selection.posts, results, stored.media, pool)
    if settings.has_pictures:
        if online:
            fetch_pictures(context, candidates)
        candidates = with_pictures(context, candidates)
    with context.store.reading() as connection:
        reports = reports_of(connection, [source.name for source in settings.sources if source.active])
    return compose_edition(
        window_for(settings, week),
        candidates,
        rules=_rules(settings),
        decisions=state.decisions,
        arrangement=state.arrangement,
        overruled=selection.overruled,
        left_out=selection.left_out,
        sources=_without_seconds(reports),
    )


def _without_seconds(reports: Iterable[SourceReport]) -> list[SourceReport]:
    """Leave the durations out of the snapshot, so that composing a week twice gives the same edition."""
    return [replace(report, seconds=0.0) for report in reports]


def _rules(settings: Settings) -> CompositionRules:
    rule = settings.edition
    return CompositionRules(settings.newsletter.title, settings.themes, rule.per_theme, rule.per_source, rule.order)
