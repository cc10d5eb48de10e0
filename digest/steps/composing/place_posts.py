"""Place the posts as they were read under their themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest.edition.compose import Candidate
from digest.model import Media, Placement, Post
from digest.read.themes.place_again import RememberingPlacer
from digest.read.workers.read_pool import PostPool
from digest.read.workers.read_post import PlaceJob, Placing
from digest.steps import learned
from digest.steps.composing.read_posts import ReadResult
from digest.steps.composing.source_leanings import source_leanings
from digest.steps.context import Context
from digest.week import Week
from digest.workers.worker import Failure


def place_posts(
    context: Context,
    week: Week,
    posts: Sequence[Post],
    results: Mapping[str, ReadResult],
    media: Mapping[str, Media],
    pool: PostPool,
) -> list[Candidate]:
    """Place the posts under their themes. A post that takes too long is placed by its title, with a remark.

    After an editor's change there is usually nothing to read, so no worker is running. Then this process places the
    posts: that is faster than starting workers.
    """
    sources = {source.name: source for source in context.settings.sources}
    placing = Placing(context.settings.themes, learned.evidence(context))
    leanings = source_leanings(context, week, {post.source for post in posts})
    jobs = [
        PlaceJob(
            post.title,
            results[post.id].read.article.text,
            sources.get(post.source),
            leanings.get(post.source, ()),
        )
        for post in posts
    ]
    placed: dict[int, Placement | Failure]
    if pool.started:
        placed = dict(pool.run(placing, jobs, seconds=pool.seconds_per_post))
    else:
        placer = RememberingPlacer(placing.themes, placing.evidence)
        placed = {
            n: placer.place(title=job.title, text=job.text, source=job.source, leaning=job.leaning)
            for n, job in enumerate(jobs)
        }
    candidates = []
    for index, post in enumerate(posts):
        read_post, problem, placement = results[post.id].read, results[post.id].problem, placed[index]
        if isinstance(placement, Failure):
            problem = problem or f"placed by its title alone: {placement.reason}"
            placement = placing(replace(jobs[index], text=""))
        candidates.append(
            Candidate(
                post, read_post.article, read_post.summary, read_post.sentences, placement, problem, media.get(post.id)
            )
        )
    return candidates
