"""Suggest other extracts of a post's article in place of its summary."""

from __future__ import annotations

from digest.errors import UsageError
from digest.read.summary.alternatives import Alternative
from digest.read.workers.read_pool import ReadPool
from digest.read.workers.suggest_extracts import SuggestJob, suggest
from digest.steps.context import Context
from digest.steps.editing.desk_data import article
from digest.steps.editing.edition_view import load_edition
from digest.week import Week
from digest.workers.worker import Failure

AT_MOST = 3


def suggest_extracts(context: Context, week: Week, post_id: str) -> tuple[Alternative, ...]:
    """Return up to three other extracts of the post's article, each with its reason.

    Raises UsageError if the post is not in the edition, or if its text cannot be read.
    """
    _, edition = load_edition(context, week)
    post = next((each for each in edition.posts if each.id == post_id), None)
    read = article(context, post_id)
    if post is None or read is None:
        raise UsageError("This post is no longer in this edition.", "Somebody else may have changed the edition.")
    rule = context.settings.summary
    present = tuple(sentence for sentence in read.sentences if (sentence.start, sentence.end) in post.offsets)
    title = post.own_title or post.title
    job = SuggestJob(read.article, AT_MOST, title, rule.sentences, rule.max_words, present, read.repeats)
    with ReadPool(1) as pool:
        extracts = next(result for _, result in pool.run(suggest, [job], seconds=pool.seconds_per_post))
    if isinstance(extracts, Failure):
        raise UsageError(f"No other extract can be suggested: {extracts.reason}.", "Tick sentences in the article.")
    return extracts
