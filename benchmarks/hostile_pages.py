"""Posts and pages made to be slow, to take memory, or both; and what one costs a worker process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.model import Page, Theme
from digest.read.workers.read_post import ExtractJob, PlaceJob, Placing, SummariseJob, extract_one, summarise_one

URL = "https://example.org/post"
_SENTENCE = "The town has three hundred allotments, and twice as many people who would like one next spring. "
_BODY = "".join(f"<p>{_SENTENCE}{at}</p>" for at in range(20))


def _paragraphs(words: int) -> str:
    return "".join(f"<p>Paragraph {at} says this. {_SENTENCE * 5}</p>" for at in range(words // 89))


PAGES: dict[str, Callable[[], str]] = {
    "5 MB of paragraphs": lambda: "<article>" + _paragraphs(820_000),
    "5 MB of one paragraph": lambda: "<p>" + "word after word, said nobody. " * 170_000,
    "5 MB of cards": lambda: "<div class='card'><h3><a href=/x>A title</a></h3><p>Some words here</p></div>" * 65_000,
    "50,000 words": lambda: _paragraphs(50_000),
    "50,000 words in one paragraph": lambda: "<p>" + _SENTENCE * 3_000,
    "100,000 nested elements": lambda: "<b>" * 100_000 + _BODY,
    "100,000 nested and closed": lambda: "<font>" * 100_000 + _BODY + "</font>" * 100_000,
    "200,000 links that nothing closes": lambda: "<a href=x>y " * 200_000 + _BODY,
    "links in paragraphs": lambda: "<p><a href=x>y " * 100_000 + _BODY,
    "a table of 150,000 columns": lambda: "<table><tr>" + "<td>a cell with words" * 150_000 + "</table>" + _BODY,
    "a table of 100,000 rows": lambda: "<table>" + "<tr><td>a<td>b" * 100_000 + "</table>" + _BODY,
    "20,000 nested tables": lambda: "<table><tr><td>" * 20_000 + _BODY,
    "a class of 5 MB": lambda: "<div class='" + "share " * 900_000 + f"'>{_BODY}</div>",
    "a style of 4 MB": lambda: "<p style='" + " display:" * 500_000 + f"'>{_BODY}",
    "150,000 attributes": lambda: "<div " + " ".join(f"a{at}=1" for at in range(150_000)) + f">{_BODY}",
    "2 MB of blanks": lambda: "<p>" + " " * 2_000_000 + f"</p>{_BODY}",
    "a listing of blank lines": lambda: "<pre>" + "\n " * 450_000 + f"x</pre>{_BODY}",
    "a title of blanks": lambda: "<title>" + " \n" * 450_000 + f"x</title>{_BODY}",
    "a title of separators": lambda: "<title>" + "a | " * 200_000 + f"</title>{_BODY}",
    "2 MB of brackets": lambda: "<" * 2_000_000,
    "200,000 list items": lambda: "<ul>" * 5_000 + "<li>" * 200_000 + _BODY,
    "120,000 line breaks": lambda: "<p>" + "word<br>" * 120_000,
    "80,000 headings": lambda: "<h2>word</h2>" * 80_000 + _BODY,
    "70,000 spans": lambda: "<p>" + "<span>w</span>" * 70_000 + _BODY,
    "20,000 comments": lambda: f"<div class='comment-area share'><p>{_SENTENCE}</p></div>" * 20_000 + _BODY,
    "90,000 definitions": lambda: "<dl>" + "<dt>a<dd>b" * 90_000 + _BODY,
    "50,000 nested quotations": lambda: "<blockquote>" * 50_000 + _BODY,
    "hidden in what is hidden": lambda: "<dl>Some words.</dl><b hidden>Some words." * 8_000 + _BODY,
    "4 MB of data": lambda: (
        f'<script type="application/ld+json">{{"@type":"Article","articleBody":"{_SENTENCE * 40_000}"}}</script>{_BODY}'
    ),
    "100,000 nested data": lambda: f'<script type="application/ld+json">{"[" * 100_000}</script>{_BODY}',
    "a word of 1 MB": lambda: "<p>" + "x" * 950_000,
    "abbreviations": lambda: "<p>" + "e.g. Mr. A. " * 80_000,
    "marks on one letter": lambda: "<p>z" + "\u0301" * 450_000 + f"</p>{_BODY}",
    "letters of two alphabets": lambda: "<p>" + "a\u0430" * 300_000 + f"</p>{_BODY}",
    "quotation marks": lambda: "<p>" + '"' * 900_000 + _BODY,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading a post took, from its feed's text and its page: both are the hostile one."""

    words: int
    seconds: float  # of processor time
    megabytes: float  # the most that the worker process has had in memory


def cost(name: str) -> Cost:
    """Extract, summarise and place, as a job for the pool."""
    import resource

    started = time.process_time()
    html = PAGES[name]()
    page = Page(URL, URL, html.encode(), "text/html", datetime(2026, 1, 1, tzinfo=UTC))
    article = extract_one(ExtractJob(html, page, URL, "A title", "", "en"))
    summarise_one(SummariseJob(article, "A title", 3, 80, "auto"))
    Placing((Theme("comms", "Communication"),), ())(PlaceJob("A title", article.text, None))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in kilobytes
    return Cost(article.words, time.process_time() - started, most)
