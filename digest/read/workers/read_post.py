"""One post read from end to end, as jobs for the pool: pure, picklable, and done in a worker process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from digest.model import Article, Evidence, Page, Placement, Sentence, Source, Summary, Theme
from digest.read.article.extract import extract
from digest.read.summary.summarise import candidates, summarise
from digest.read.themes.place_post import Placer
from digest.read.themes.source_leaning import Leaning


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
    repeats: tuple[int, ...] = ()  # keys of the sentences that the source repeats


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
        job.article,
        title=job.title,
        sentences=job.sentences,
        max_words=job.max_words,
        method=job.method,
        repeats=frozenset(job.repeats),
    )
    return Summarised(summary, candidates(job.article))


@dataclass(frozen=True, slots=True)
class PlaceJob:
    title: str
    text: str
    source: Source | None
    leaning: Leaning = ()


@dataclass(frozen=True)
class Placing:
    """Places posts by what it carries; a worker makes its placer of it with the first one."""

    themes: tuple[Theme, ...]
    evidence: tuple[Evidence, ...]

    @cached_property
    def _placer(self) -> Placer:
        return Placer(self.themes, self.evidence)

    def __call__(self, job: PlaceJob) -> Placement:
        return self._placer.place(title=job.title, text=job.text, source=job.source, leaning=job.leaning)
