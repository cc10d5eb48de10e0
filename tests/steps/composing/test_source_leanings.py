"""What sources lean to is remembered, and never stale: another process may visit a source at any time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from digest.memory import forget_everything
from digest.steps.collecting.collect import collect
from digest.steps.composing.source_leanings import source_leanings
from digest.steps.weeks import window_for
from digest.store.engine import Store, open_store
from digest.store.schema import posts, sources
from tests.steps.newsletter_setup import NOW, WEEK, set_up

SOURCE = "Working at Estuary"


def test_an_earlier_post_that_another_process_changes_counts_at_once(tmp_path: Path, store: Store) -> None:
    with set_up(tmp_path, store, sources=(SOURCE,)) as newsletter:
        context = newsletter.context
        collect(context, week=WEEK)
        other = open_store(str(store.engine.url.render_as_string(hide_password=False)))
        before = window_for(context.settings, WEEK).starts - timedelta(days=2)
        with other.writing() as connection:
            rows = connection.execute(select(posts).where(posts.c.source == SOURCE)).mappings().all()
            for number, row in enumerate(rows[:5]):
                connection.execute(
                    update(posts).where(posts.c.id == row["id"]).values(published=before - timedelta(days=number))
                )
        first = source_leanings(context, WEEK, [SOURCE])
        assert first[SOURCE], "it leans to something, or this shows nothing"
        assert source_leanings(context, WEEK, [SOURCE]) is first, "remembered"

        with other.writing() as connection:
            text = "<p>" + "The press office rewrote its campaign messages and its social media guide. " * 10 + "</p>"
            later = NOW + timedelta(minutes=5)
            changed = update(posts).where(posts.c.published <= before, posts.c.source == SOURCE)
            connection.execute(changed.values(title="A campaign on social media", html=text, changed_at=later))
            connection.execute(update(sources).where(sources.c.name == SOURCE).values(checked_at=later))
        second = source_leanings(context, WEEK, [SOURCE])
        assert second != first
        forget_everything()
        assert source_leanings(replace(context, store=other), WEEK, [SOURCE]) == second
        other.close()
