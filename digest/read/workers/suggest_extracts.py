"""Other extracts of one article that an editor may take: a job for the pool."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Article, Sentence
from digest.read.summary.alternatives import Alternative, alternatives


@dataclass(frozen=True, slots=True)
class SuggestJob:
    article: Article
    number: int
    title: str
    sentences: int
    max_words: int
    present: tuple[Sentence, ...]  # what is printed now
    repeats: tuple[int, ...]  # keys of the sentences that the source repeats


def suggest(job: SuggestJob) -> tuple[Alternative, ...]:
    return alternatives(
        job.article,
        job.number,
        title=job.title,
        sentences=job.sentences,
        max_words=job.max_words,
        present=job.present,
        repeats=frozenset(job.repeats),
    )
