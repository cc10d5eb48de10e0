"""A week with posts made to take for ever: they have their deadline, the others are read, and the edition says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert

from benchmarks.hostile_pages import PAGES
from benchmarks.weeks import WEEK, many_posts, settings_for
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.store import pages
from digest.store.engine import open_store
from digest.store.schema import posts

HOSTILE = {2: "hidden in what is hidden", 5: "hidden in what is hidden"}


def test_posts_built_to_be_slow_do_not_delay_the_others(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")
    store = open_store(settings.store_url)
    week = many_posts(settings, 12)
    with store.writing() as connection:
        for at, (post, page) in enumerate(week):
            markup = PAGES[HOSTILE[at]]() if at in HOSTILE else ""
            connection.execute(insert(posts).values(
                id=post.id, canonical=post.url, url=post.url, title=post.title, author="", source=post.source,
                published=post.published, dated=True, first_seen=post.first_seen, changed_at=post.first_seen,
                html=markup or post.html, language="en-GB", image="", origin_name="", origin_url="", quarantine="",
                same_as="",
            ))  # fmt: skip
            pages.save(connection, replace(page, content=markup.encode()) if markup else page)
    # The hostile posts take several seconds.
    moment = max(post.published for post, _ in week)
    composed = recompose(Context(settings, store, lambda: moment), WEEK, by="test", seconds_per_post=1.5)
    store.close()
    shown_posts = {post.id: post for post in composed.edition.posts}
    assert len(shown_posts) == 12, "nobody is lost, not even they"
    for at, (post, _) in enumerate(week):
        late = "its text could not be read: took more than 1.5 seconds" in shown_posts[post.id].because
        assert late == (at in HOSTILE)
        assert bool(shown_posts[post.id].summary) == (at not in HOSTILE)
        assert shown_posts[post.id].short == (at in HOSTILE)
