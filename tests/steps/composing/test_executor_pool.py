"""Posts read by an executor: the pool's interface, and what is done here where the executor fails."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from digest.read.workers.executor_pool import ExecutorPool
from digest.read.workers.read_post import ExtractJob, SummariseJob, extract_one, summarise_one
from digest.settings import parse_settings
from digest.steps.composing.reading_pool import reading_pool
from digest.workers.worker import Failure


def square(number: int) -> int:
    return number * number


def fails_for_three(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


def ends_its_process_for_three(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def sleeps_for_three(number: int) -> int:
    if number == 3:
        time.sleep(60)
    return number


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.mark.parametrize("number", [0, 1, 7, 200])
def test_each_job_is_answered_once(threads: Executor, number: int) -> None:
    with ExecutorPool(threads) as pool:
        assert not pool.started
        assert dict(pool.run(square, range(number))) == {one: one * one for one in range(number)}
        assert pool.started == bool(number)


def test_a_job_that_fails_everywhere_costs_the_others_nothing(threads: Executor) -> None:
    with ExecutorPool(threads) as pool:
        results = dict(pool.run(fails_for_three, range(20)))
    assert results.pop(3) == Failure("ValueError: three", "error")
    assert results == {one: one for one in range(20) if one != 3}


def test_jobs_of_a_process_that_died_are_done_here() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
        ExecutorPool(executor) as pool,
    ):
        results = dict(pool.run(ends_its_process_for_three, range(20)))
    assert results.pop(3) == Failure("the worker process died", "crash")
    assert results == {one: one for one in range(20) if one != 3}


@pytest.mark.thorough
def test_jobs_of_a_late_batch_are_done_here_within_their_own_time() -> None:
    executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        with ExecutorPool(executor, most_seconds=3.0) as pool:
            results = dict(pool.run(sleeps_for_three, range(8), seconds=4.0))
    finally:
        for process in list((executor._processes or {}).values()):
            process.kill()
        executor.shutdown(cancel_futures=True)
    assert results.pop(3) == Failure("took more than 4 seconds", "deadline")
    assert results == {one: one for one in range(8) if one != 3}


def process_of(_number: int) -> int:
    time.sleep(0.01)
    return os.getpid()


@pytest.mark.thorough
def test_a_dask_cluster_of_two_reads_posts_as_our_own_workers_do() -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    line = "<p>Council number {} opened its new service today, and people use it every day.</p>"
    text = "".join(line.format(number) for number in range(9))
    jobs = [
        ExtractJob(f"<p>Post {one}.</p>{text}", None, f"http://example.org/{one}", f"Post {one}", "", "en")
        for one in range(90)
    ]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        text = f'[newsletter]\ntitle="T"\nfrom="a@example.org"\n[scale]\ndask="{cluster.scheduler_address}"\n'
        with reading_pool(parse_settings(text, path=Path("digest.toml"))) as pool:
            articles = dict(pool.run(extract_one, jobs, seconds=20))
            summaries = [SummariseJob(articles[one], f"Post {one}", 3, 90, "auto") for one in range(90)]
            results = dict(pool.run(summarise_one, summaries, seconds=20))
            processes = set(dict(pool.run(process_of, range(90), seconds=20)).values())
    assert len(processes - {os.getpid()}) == 2
    assert articles == {one: extract_one(job) for one, job in enumerate(jobs)}
    assert results == {one: summarise_one(job) for one, job in enumerate(summaries)}


def test_posts_are_read_here_where_no_scheduler_answers() -> None:
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    text = '[newsletter]\ntitle="T"\nfrom="a@example.org"\n[scale]\ndask="tcp://127.0.0.1:9"\n'
    settings = parse_settings(text, path=Path("digest.toml"))
    with reading_pool(settings, connect_seconds=1.0) as pool:
        assert dict(pool.run(square, range(5), seconds=20)) == {one: one * one for one in range(5)}
