"""What several cores are worth to extraction: our pool beside one process, and beside processes without a pool.

The cores of a shared or virtual machine are not worth what they are called: two processes that know nothing of each
other may get 1.3 times the work of one done, or 2.1. So the same pages are extracted, in each round, by one process, by
the pool (started and stopped inside the clock), and by as many unrelated processes as there are cores, which have a
share each, are ready before the clock starts and send nothing back. Theirs is the most that the pool could reach.
How much more processor time the pool spends than they do, on both sides of its pipes, says what of a gap is its own,
even where seconds that pass say nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.pages import extract_and_measure, page
from benchmarks.results import Row, spread
from digest.read.workers.read_pool import ReadPool
from digest.read.workers.read_post import ExtractJob, extract_one
from digest.workers.processes import cores
from digest.workers.worker import Failure

PAGES = 300
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds that passed, and seconds of processor time in all processes."""

    passed: float
    worked: float


def rows() -> list[Row]:
    """The medians; a ratio is that of the rounds' own ratios, since what else runs changes from round to round."""
    each = [_round(number) for number in range(ROUNDS + 1)][1:]  # in the first the workers' server starts
    passed = [(alone.passed, pool.passed, apart.passed) for alone, pool, apart in each]
    worked = [(pool.worked, apart.worked) for _, pool, apart in each]
    what, unrelated = f"{PAGES} pages on {cores()} cores", "unrelated processes without a pool"
    return [
        _row(what, [(pool, alone) for alone, pool, _ in passed], "one process of our own"),
        _row(f"{what}, beside what they give", [(pool, apart) for _, pool, apart in passed], unrelated),
        _row(f"{what}, processor time", worked, unrelated),
    ]


def _row(what: str, pairs: Sequence[tuple[float, float]], name: str) -> Row:
    one_pool, separate = (median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = median(separate_seconds / us for us, separate_seconds in pairs)
    return Row(what, one_pool, separate, name, ratio, "s", spread([us for us, _ in pairs]))


def _round(number: int) -> tuple[Took, Took, Took]:
    """In one process, in our pool, in unrelated processes. Each round has pages of its own."""
    numbers = range(number * PAGES, (number + 1) * PAGES)
    jobs = _jobs(numbers)
    started, worked = time.perf_counter(), time.process_time()
    for job in jobs:
        extract_one(job)
    alone = Took(time.perf_counter() - started, time.process_time() - worked)
    started, worked = time.perf_counter(), time.process_time()
    workers: dict[int, float] = {}
    with ReadPool() as pool_of_workers:
        for _, answer in pool_of_workers.run(extract_and_measure, jobs):
            assert not isinstance(answer, Failure), answer
            workers[answer[1]] = max(answer[2], workers.get(answer[1], 0.0))
    pool = Took(time.perf_counter() - started, time.process_time() - worked + sum(workers.values()))
    return alone, pool, _apart(numbers)


def _apart(numbers: range) -> Took:
    """Unrelated processes that extract a share of the pages each, from the start signal to the end of the last."""
    code = f"from benchmarks.scaling import share; share(range({numbers.start}, {numbers.stop}), {{at}}, {cores()})"
    shares = [
        subprocess.Popen(
            [sys.executable, "-c", code.format(at=at)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for at in range(cores())
    ]
    for process in shares:
        process.stdout.readline()  # type: ignore[union-attr]  # it is a pipe
    started = time.perf_counter()
    for process in shares:
        process.stdin.write("go\n")  # type: ignore[union-attr]  # the same
        process.stdin.flush()  # type: ignore[union-attr]  # the same
    lines = [process.stdout.readline() for process in shares]  # type: ignore[union-attr]  # the same
    seconds = time.perf_counter() - started
    for process in shares:
        process.communicate()
        if process.returncode:
            raise RuntimeError("a process that extracted pages without a pool failed")
    return Took(seconds, sum(map(float, lines)))


def share(numbers: Sequence[int], at: int, of: int) -> None:
    """One of the unrelated processes: extract every `of`-th page on the signal, and report how long it took."""
    jobs = _jobs(numbers[at::of])
    for job in _jobs(range(-3, 0)):
        extract_one(job)  # the libraries load now
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    worked = time.process_time()
    for job in jobs:
        extract_one(job)
    sys.stdout.write(f"{time.process_time() - worked}\n")
    sys.stdout.flush()


def _jobs(numbers: Sequence[int]) -> list[ExtractJob]:
    pages = [page(number) for number in numbers]
    return [ExtractJob("", made, made.url, "", "", "") for made in pages]
