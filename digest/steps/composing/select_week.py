"""Which posts the edition of a week takes, from what the store knows. Without the network."""

from __future__ import annotations

from digest.edition.select_posts import Selection, select
from digest.steps.context import Context
from digest.steps.weeks import window_for
from digest.store import editions, editor_decisions, posts
from digest.week import Week


def select_week(context: Context, week: Week) -> Selection:
    """Every post of the week, chosen or left out with its reason."""
    settings = context.settings
    window = window_for(settings, week)
    with context.store.reading() as connection:
        decisions = editor_decisions.of_week(connection, str(week))
        carried = posts.held_before(connection, str(week))
        stored = posts.of_window(connection, window.starts, window.ends, also=carried | decisions.keys())
        taken = editions.taken(connection, besides=str(week))
        considered = posts.left_out_elsewhere(connection, [each.post.id for each in stored], besides=str(week))
    return select(
        stored,
        window,
        now=context.clock(),
        taken=taken,
        decisions=decisions,
        considered=considered,
        carried=carried,
        followed={source.name for source in settings.sources if source.active},
        max_age_days=settings.collect.max_age_days,
    )
