"""One post read from end to end, as a job for `digest.read.pool`: pure, picklable, and started in a worker process."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Article, Page, Sentence, Summary
from digest.read.extract import extract
from digest.read.summarise import candidates, summarise


@dataclass(frozen=True, slots=True)
class ExtractJob:
    """All that an article is made from."""

    html: str
    page: Page | None
    url: str
    title: str
    selector: str
    language: str


@dataclass(frozen=True, slots=True)
class SummariseJob:
    article: Article
    title: str
    sentences: int
    max_words: int
    method: str


@dataclass(frozen=True, slots=True)
class Summarised:
    summary: Summary
    sentences: tuple[Sentence, ...]  # all of them, for the editor to choose from


def extract_one(job: ExtractJob) -> Article:
    return extract(
        html=job.html, page=job.page, url=job.url, title=job.title, selector=job.selector, language=job.language
    )


def summarise_one(job: SummariseJob) -> Summarised:
    summary = summarise(
        job.article, title=job.title, sentences=job.sentences, max_words=job.max_words, method=job.method
    )
    return Summarised(summary, candidates(job.article))
