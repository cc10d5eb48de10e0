"""Posts made to be slow or large, in the workers of the real pool: their memory and their time have bounds.

All of `benchmarks.hostile_pages`, some forty, are measured by `python -m benchmarks.speed extract`.
"""

from __future__ import annotations

import sys

import pytest

from benchmarks.hostile_pages import Cost, cost
from digest.read.workers.read_pool import ReadPool

pytestmark = pytest.mark.slow

MEGABYTES = 400
"""Of a worker as a whole, including its libraries."""
NAMES = [
    "5 MB of paragraphs",
    "50,000 words",
    "50,000 words in one paragraph",
    "200,000 links that nothing closes",
    "a table of 100,000 rows",
    "a class of 5 MB",
    "2 MB of blanks",
    "a title of separators",
]


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted as Linux does")
def test_a_worker_s_memory_is_bounded_whatever_the_page() -> None:
    with ReadPool() as pool:
        costs = {NAMES[index]: answer for index, answer in pool.run(cost, NAMES, seconds=60.0)}
    assert costs.keys() == set(NAMES)
    for name, page_cost in costs.items():
        assert isinstance(page_cost, Cost), f"{name}: {page_cost}"
        assert page_cost.megabytes < MEGABYTES, name
    for name in NAMES[:3]:
        assert costs[name].words >= 48_000, name  # all of it, or as much as there is room for
