"""The pool: what one job does never reaches the others. Real processes, real deaths."""

from __future__ import annotations

import os
import signal
import time

from digest.read.pool import Failure, cores, run


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
        raise ValueError("no such post")
    if order == "unsendable":
        return lambda: None
    if order == "deep":
        return deep(0)
    if order == "huge":
        return "x" * 3_000_000
    return order.upper()


def deep(level: int) -> int:
    return deep(level + 1)


def test_every_job_comes_back_once_with_its_own_result() -> None:
    found = dict(run(double, range(50), processes=2))
    assert found == {number: 2 * number for number in range(50)}


def test_no_jobs_start_no_process() -> None:
    assert list(run(double, [])) == []


def test_a_single_job_has_its_deadline_too() -> None:
    [(index, found)] = run(trouble, ["hang"], seconds=0.5)
    assert index == 0
    assert isinstance(found, Failure)
    assert found.kind == "deadline"


def test_one_process_runs_here_and_catches_errors() -> None:
    found = dict(run(trouble, ["a", "raise", "b"], processes=1))
    assert found[0] == "A"
    assert found[2] == "B"
    assert found[1] == Failure("ValueError: no such post", "error")


def test_trouble_stays_with_its_post() -> None:
    orders = ["a", "hang", "b", "die", "c", "raise", "exit", "unsendable", "spin", "deep", "huge", "d"]
    started = time.monotonic()
    found = dict(run(trouble, orders, seconds=1.0, processes=2))
    assert time.monotonic() - started < 60
    assert len(found) == len(orders)
    kinds = {
        order: answer.kind if isinstance(answer, Failure) else "ok"
        for order, answer in zip(orders, (found[index] for index in range(len(orders))), strict=True)
    }
    assert kinds == {
        **dict.fromkeys("abcd", "ok"),
        "hang": "deadline",
        "spin": "deadline",
        "die": "crash",
        "exit": "crash",
        "raise": "error",
        "unsendable": "error",
        "deep": "error",
        "huge": "ok",
    }


def test_a_job_that_cannot_be_sent_fails_alone() -> None:
    found = dict(run(trouble, ["a", lambda: None, "b"], processes=2))  # type: ignore[list-item]  # that is the point
    assert found[0] == "A"
    assert found[2] == "B"
    assert isinstance(found[1], Failure)


def test_leaving_early_leaves_no_process_behind() -> None:
    results = run(trouble, ["a", "hang", "hang", "hang"], seconds=60.0, processes=2)
    assert next(results) == (0, "A")
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]  # run is a generator
    assert time.monotonic() - started < 30


def test_jobs_are_taken_only_when_a_worker_is_free() -> None:
    taken: list[int] = []

    class Jobs(list[int]):
        def __getitem__(self, index: int) -> int:  # type: ignore[override]  # no slices here
            taken.append(index)
            return super().__getitem__(index)

    results = run(double, Jobs(range(100)), processes=2)
    next(results)
    assert len(taken) <= 4
    assert len(list(results)) == 99


def test_cores_are_at_least_one() -> None:
    assert cores() >= 1
