"""A week of 500 posts from raw pages to a rendered edition, in a real store: on every core, beside the same on one.

Each run is a process of its own, bound to its cores before it starts any other: workers inherit that. (Bound later,
the workers of the run on one core had the other core for themselves, and both runs took the same time.) It reads a
small week first, so that neither run pays for loading libraries; the two take turns, and the fastest of each counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import Row, spread
from benchmarks.weeks import WEEK, many_posts, settings_for, store_week
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.steps.editing.edition_view import load
from digest.store.engine import open_store

POSTS = 500


ROUNDS = 3
WARMING = 12


def rows() -> list[Row]:
    every = sorted(os.sched_getaffinity(0))
    all_cores, one_core = [], []
    for _ in range(ROUNDS):
        all_cores.append(_in_a_process(every))
        one_core.append(_in_a_process(every[:1]))
    best, alone = min(all_cores), min(one_core)
    what = f"{POSTS} posts, raw pages to rendered edition, {len(every)} cores"
    return [Row(what, best, alone, "the same on one core", alone / best, "s", spread(all_cores))]


def _in_a_process(cores: list[int]) -> float:
    code = (
        f"import os; os.sched_setaffinity(0, {set(cores)!r}); "
        f"from benchmarks.speed_suites.flow import POSTS, WARMING, seconds; seconds(WARMING); print(seconds(POSTS))"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def seconds(count: int) -> float:
    """How long composing and rendering a week of so many posts takes, in this process and its workers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = settings_for(folder, f"sqlite:///{folder / 'digest.db'}")
        store = open_store(settings.store_url)
        week = many_posts(settings, count)
        moment = max(post.published for post, _ in week)
        store_week(store, week)
        context = Context(settings, store, lambda: moment)
        started = time.perf_counter()
        composed = recompose(context, WEEK, by="benchmark")
        load(context, WEEK)
        elapsed = time.perf_counter() - started
        store.close()
        if len(composed.edition.posts) != count:
            raise RuntimeError(f"{len(composed.edition.posts)} posts were composed, not {count}")
        return elapsed
