"""Imported once by the server that worker processes are forked from, so that no worker loads these again."""

import gc
from datetime import UTC, datetime

import nltk.tokenize.punkt  # noqa: F401 - imported for its effect on the forks
import trafilatura  # noqa: F401 - the same

import digest.read.workers.read_post  # noqa: F401 - the same
from digest.model import Article, Block, BlockKind, Page
from digest.read.article.extract import extract
from digest.read.summary.summarise import summarise
from digest.read.summary.word_stems import stemmer_of
from digest.read.themes.linear_model import shipped

shipped()
stemmer_of("en")
# Sentences enough to be weighed: loads the weights, sumy's stemmer, the parameters of Punkt and the linear algebra.
_SENTENCE = (
    "Two towns met on St. John\u2019s Day in {} to share one register of all their streets and all their squares. "
)
summarise(
    Article((Block(BlockKind.PARAGRAPH, "".join(_SENTENCE.format(year) for year in range(1990, 1999))),), "en"),
    title="A register",
)
# A short post on a long page: both extractors look everywhere. Most of their patterns are compiled at their first use,
# which cost each worker as much as three pages.
_ROWS = "".join(
    f"<div class='row'><p><a href='/{year}'>{year}</a> {_SENTENCE.format(year)}</p></div>" for year in range(1960, 1999)
)
_PAGE = f"""<html lang="en"><head><title>A register</title><script type="application/ld+json">{{}}</script></head><body>
<article><h1>A register</h1><p>By <a rel="author" href="/a">Ann Example</a></p><img src="/a.jpg" width="600">
<p>{_SENTENCE * 3}</p><ul><li>{_SENTENCE}</li></ul></article>{_ROWS}</body></html>"""
_URL = "https://example.org/register"
extract(html="<p>A register</p>", page=Page(_URL, _URL, _PAGE.encode(), "text/html", datetime.now(UTC)), url=_URL)
# What is loaded here lives as long as the workers: their collector need not walk it, nor copy the pages it is on.
gc.collect()
gc.freeze()
