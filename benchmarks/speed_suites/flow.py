"""A week of 500 posts from raw pages to a rendered edition, in a real store: on every core, beside the same on one."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from benchmarks.results import Row
from benchmarks.weeks import WEEK, many_posts, settings_for
from digest.steps.compose import recompose
from digest.steps.context import Context
from digest.steps.editions import load
from digest.store import pages
from digest.store.engine import open_store
from digest.store.schema import posts

POSTS = 500


def rows() -> list[Row]:
    every = os.sched_getaffinity(0)
    ours = _seconds()
    os.sched_setaffinity(0, {min(every)})
    try:
        one_core = _seconds()
    finally:
        os.sched_setaffinity(0, every)
    what = f"{POSTS} posts, raw pages to rendered edition, {len(every)} cores"
    return [Row(what, ours, one_core, "the same on one core", one_core / ours, "s")]


def _seconds() -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_for(folder, f"sqlite:///{folder / 'digest.db'}")
        store = open_store(settings.store_url)
        week = many_posts(settings, POSTS)
        moment = max(post.published for post, _ in week)
        with store.writing() as connection:
            connection.execute(
                insert(posts),
                [
                    {
                        "id": post.id, "canonical": post.url, "url": post.url, "title": post.title, "author": "",
                        "source": post.source, "published": post.published, "dated": True,
                        "first_seen": post.first_seen, "changed_at": post.first_seen, "html": post.html,
                        "language": "en-GB", "image": "", "origin_name": "", "origin_url": "", "quarantine": "",
                        "same_as": "",
                    }
                    for post, _ in week
                ],
            )  # fmt: skip
            for _, page in week:
                pages.save(connection, page)
        context = Context(settings, store, lambda: moment, lambda _message: None)
        started = time.perf_counter()
        composed = recompose(context, str(WEEK), by="benchmark")
        load(context, str(WEEK))
        seconds = time.perf_counter() - started
        store.close()
        if len(composed.edition.posts) != POSTS:
            raise RuntimeError(f"{len(composed.edition.posts)} posts were composed, not {POSTS}")
        return seconds
