"""Select the posts of a week's edition from the store. Does not use the network."""

from __future__ import annotations

from digest.edition.select_posts import Selection, select_posts
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import editions, editor_decisions, posts
from digest.week import Week


def select_week(context: Context, week: Week) -> Selection:
    """Return every post of the week: chosen, or left out with a reason."""
    settings = context.settings
    window = window_for(settings, week)
    with context.store.reading() as connection:
        decisions = editor_decisions.of_week(connection, week)
        held_posts = posts.held_before(connection, week)
        stored = posts.of_window(connection, window.starts, window.ends, also=held_posts | decisions.keys())
        in_editions = editions.shown_in_other_weeks(connection, besides=week)
        left_out_elsewhere = posts.left_out_elsewhere(connection, [each.post.id for each in stored], besides=week)
    return select_posts(
        stored,
        window,
        now=context.clock(),
        in_editions=in_editions,
        decisions=decisions,
        left_out_elsewhere=left_out_elsewhere,
        held_posts=held_posts,
        active_sources={source.name for source in settings.sources if source.active},
        max_age_days=settings.collect.max_age_days,
    )
