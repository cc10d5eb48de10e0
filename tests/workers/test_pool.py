"""The pool: what one job does never reaches the others. Real processes, real deaths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from digest.workers.pool import WorkerPool
from digest.workers.processes import cores
from digest.workers.worker import Failure

ROOT = Path(__file__).parents[2]


def run(
    function: Callable[[Any], Any], jobs: Sequence[Any], *, seconds: float = 20.0, processes: int | None = None
) -> Iterator[tuple[int, Any]]:
    with WorkerPool(processes) as pool:
        yield from pool.run(function, jobs, seconds=seconds)


def double(number: int) -> int:
    return 2 * number


def trouble(order: str) -> object:
    """Does what the job says."""
    if order == "hang":
        while True:
            time.sleep(60)
    if order == "spin":
        while True:
            pass
    if order == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "exit":
        os._exit(3)
    if order == "raise":
        raise ValueError("no such job")
    if order == "unsendable":
        return lambda: None
    if order == "hungry":
        return bytearray(64 * 1024**3)
    if order == "deep":
        return deep(0)
    if order == "huge":
        return "x" * 3_000_000
    return order.upper()


def deep(level: int) -> int:
    return deep(level + 1)


def test_every_job_comes_back_once_with_its_own_result() -> None:
    results = dict(run(double, range(50), processes=2))
    assert results == {number: 2 * number for number in range(50)}


def test_no_jobs_start_no_process() -> None:
    assert list(run(double, [])) == []


def test_a_single_job_has_its_deadline_too() -> None:
    [(index, result)] = run(trouble, ["hang"], seconds=0.5)
    assert index == 0
    assert isinstance(result, Failure)
    assert result.kind == "deadline"


def test_a_failure_affects_only_its_own_job() -> None:
    orders = ["a", "hang", "b", "die", "c", "raise", "exit", "unsendable", "spin", "hungry", "deep", "huge", "d"]
    started = time.monotonic()
    results = dict(run(trouble, orders, seconds=2.0, processes=2))
    assert time.monotonic() - started < 60
    assert len(results) == len(orders)
    kinds = {
        order: answer.kind if isinstance(answer, Failure) else "ok"
        for order, answer in zip(orders, (results[index] for index in range(len(orders))), strict=True)
    }
    assert kinds == {
        **dict.fromkeys("abcd", "ok"),
        "hang": "deadline",
        "spin": "deadline",
        "die": "crash",
        "exit": "crash",
        "raise": "error",
        "unsendable": "error",
        "hungry": "memory",
        "deep": "error",
        "huge": "ok",
    }


def test_jobs_queued_behind_a_bad_job_are_done_by_another_worker() -> None:
    """A worker is given a few jobs at a time. Jobs behind the bad one are not lost, not failures, and done once."""
    orders = [f"{number}" for number in range(40)]
    for at, order in ((0, "hang"), (1, "die"), (9, "die"), (21, "exit")):
        orders[at] = order
    answers = list(run(trouble, orders, seconds=2.0, processes=2))
    assert sorted(index for index, _ in answers) == list(range(40))
    kinds = {index: answer.kind for index, answer in answers if isinstance(answer, Failure)}
    assert kinds == {0: "deadline", 1: "crash", 9: "crash", 21: "crash"}


def test_a_pool_is_reused_for_one_function_after_another() -> None:
    with WorkerPool(2) as pool:
        first = {process for _, process in pool.run(process_of, range(20))}
        assert dict(pool.run(double, range(20))) == {number: 2 * number for number in range(20)}
        assert list(pool.run(double, [])) == []
        next(pool.run(trouble, ["a", "hang", "hang"], seconds=60.0))  # stopped in the middle
        assert dict(pool.run(double, range(3))) == {0: 0, 1: 2, 2: 4}
        again = {process for _, process in pool.run(process_of, range(20))}
    assert len(first) <= 2
    assert len(first & again) <= 1  # the worker that hung was replaced


def process_of(_number: int) -> int:
    return os.getpid()


def test_a_function_that_workers_cannot_import_fails_for_each_job() -> None:
    results = dict(run(_nowhere(), [1, 2], processes=2))
    assert all(isinstance(answer, Failure) and "gone" in answer.reason for answer in results.values())


def _nowhere() -> Any:
    """A function of a module that only this process has."""
    module = ModuleType("tests.read.gone")
    exec("def function(job): return job", module.__dict__)
    sys.modules[module.__name__] = module
    return module.__dict__["function"]


CRASHING = """
import sys
from digest.errors import DigestError
from digest.workers.pool import WorkerPool
from digest.workers.worker import Failure

try:
    with WorkerPool(2, preload=[sys.argv[1]], fresh=sys.argv[2] == "fresh") as pool:
        print(dict(pool.run(len, ["a", "bc"])))
except DigestError as error:
    print("DigestError", error)
"""


@pytest.mark.parametrize(
    "crash",
    ["raise ValueError('the model is damaged')", "import os; os._exit(1)", "import os; os.kill(os.getpid(), 9)"],
)
@pytest.mark.parametrize("start", [pytest.param("fresh", marks=pytest.mark.thorough), "forked"])
def test_workers_that_crash_at_their_start_are_an_error_with_a_remedy(tmp_path: Path, crash: str, start: str) -> None:
    (tmp_path / "crashing.py").write_text(crash)
    (tmp_path / "main.py").write_text(CRASHING)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "main.py"), "crashing", start],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("DigestError The worker processes cannot start"), done.stderr
    assert "main.py" not in done.stderr  # no traceback of ours


def test_a_job_that_cannot_be_sent_fails_alone() -> None:
    results = dict(run(trouble, ["a", lambda: None, "b"], processes=2))  # type: ignore[list-item]  # that is the point
    assert results[0] == "A"
    assert results[2] == "B"
    assert isinstance(results[1], Failure)


def test_stopping_early_leaves_no_process_behind() -> None:
    results = run(trouble, ["a", "hang", "hang", "hang"], seconds=60.0, processes=2)
    assert next(results) == (0, "A")
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]  # run is a generator
    assert time.monotonic() - started < 30


def test_jobs_are_drawn_a_few_at_a_time_when_a_worker_is_free() -> None:
    indices: list[int] = []

    class Jobs(list[int]):
        def __getitem__(self, index: int) -> int:  # type: ignore[override]  # no slices here
            indices.append(index)
            return super().__getitem__(index)

    results = run(double, Jobs(range(100)), processes=2)
    next(results)
    assert len(indices) <= 12
    assert len(list(results)) == 99


def test_a_pool_has_the_memory_limit_that_it_was_given() -> None:
    with WorkerPool(1, memory=100 * 1024**2) as pool:
        answers = dict(pool.run(bytearray, [1, 200 * 1024**2, 2]))
    assert answers[0] == bytearray(1)
    assert answers[1] == Failure("needs more memory than a worker may use", "memory")
    assert answers[2] == bytearray(2)


def test_a_new_worker_has_imported_only_the_preloaded_modules() -> None:
    with WorkerPool(1, preload=["digest.collect.parse_feed"], fresh=True) as pool:
        [(_, loaded)] = pool.run(which_are_loaded, [["digest.collect.parse_feed", "feedparser", "trafilatura", "nltk"]])
    assert loaded == ["digest.collect.parse_feed", "feedparser"]


def which_are_loaded(modules: list[str]) -> list[str]:
    return [module for module in modules if module in sys.modules]


def test_cores_are_at_least_one() -> None:
    assert cores() >= 1
