"""Extraction against trafilatura's default settings, and across cores.

One process is measured in processor time, so that other work on the machine counts for neither side. The cores are
measured in seconds that pass (`benchmarks.scaling`), beside what the machine gives to processes without a pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks import hostile_pages, scaling
from benchmarks.pages import long_page, page
from benchmarks.results import Row, spread
from digest.model import Page
from digest.read.article.extract import extract
from digest.read.workers.read_pool import ReadPool
from digest.workers.worker import Failure

PAGES = 300
LONG_PAGES = 50
REPEATS = 3
DEADLINE = 20.0  # seconds; what `digest.steps.composing.read_posts` gives a post
MEMORY = 400.0  # MB


def rows() -> list[Row]:
    """Pages against the peer, one after another; then all pages in worker processes; then the hostile ones."""
    import trafilatura

    rounds = [[page(number + PAGES * at) for number in range(PAGES)] for at in range(REPEATS)]
    long = [[long_page(number + LONG_PAGES * at) for number in range(LONG_PAGES)] for at in range(REPEATS)]
    length(page(-1))
    trafilatura.extract(page(-1).content.decode())

    def digest_only(pages: list[Page]) -> None:
        for one_page in pages:
            length(one_page)

    def trafilatura_only(pages: list[Page]) -> None:
        for one_page in pages:
            trafilatura.extract(one_page.content.decode())

    name = "trafilatura's default settings"

    def row(what: str, pages: list[list[Page]]) -> Row:
        digest_time, peer = milliseconds(digest_only, pages), milliseconds(trafilatura_only, pages)
        return Row(what, min(digest_time), min(peer), name, min(peer) / min(digest_time), "ms", spread(digest_time))

    return [
        row("a page", rounds),
        row("a plain page of 4,000 words", long),
        *scaling.rows(),
        *_hostile(),
    ]


def _hostile() -> list[Row]:
    """The worst that one of the posts made to be bad costs a worker."""
    names = list(hostile_pages.PAGES)
    with ReadPool() as pool:
        results = [(names[index], answer) for index, answer in pool.run(hostile_pages.cost, names, seconds=120.0)]
    costs = [(name, answer) for name, answer in results if isinstance(answer, hostile_pages.Cost)]
    if len(costs) < len(names):
        raise RuntimeError(
            f"{[name for name, answer in results if isinstance(answer, Failure)]} took two minutes or more"
        )
    slow, slowest = max(((name, cost.seconds) for name, cost in costs), key=lambda row: row[1])
    most = max(cost.megabytes for _, cost in costs)
    return [
        Row(f"the slowest of {len(names)} hostile posts ({slow})", slowest, DEADLINE, "the deadline",
            DEADLINE / slowest, "s"),
        Row("the memory of their worker", most, MEMORY, "the limit", MEMORY / most, "MB"),
    ]  # fmt: skip


def milliseconds(work: Callable[[list[Page]], None], rounds: list[list[Page]]) -> list[float]:
    """Processor time a page in each round. The fastest counts: the others were disturbed.

    Each round has pages of its own, or what was remembered of a page would be measured.
    """
    own = []
    for pages in rounds:
        started = time.process_time()
        work(pages)
        own.append(1000 * (time.process_time() - started) / len(pages))
    return own


def length(web_page: Page) -> int:
    """The words of the page's article."""
    return extract(html="", page=web_page, url=web_page.url).words
