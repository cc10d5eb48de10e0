"""Running a check again and again in a thread, while a block runs."""

from __future__ import annotations

import threading

from digest.steps.polling import run_every


def test_runs_until_the_block_is_left_and_not_after_it() -> None:
    calls: list[str] = []
    third, free = threading.Event(), threading.Event()

    def check() -> None:
        calls.append(threading.current_thread().name)
        if len(calls) == 5:
            third.set()
            free.wait(10)
        calls.append("over")

    with run_every(0.001, check, name="a-test"):
        assert third.wait(10)
        threading.Timer(0.05, free.set).start()
    assert calls == ["a-test", "over"] * (len(calls) // 2), "no check is running"
    assert len(calls) >= 6
    assert not any(thread.name == "a-test" for thread in threading.enumerate())


def test_a_block_that_ends_at_once_is_never_checked() -> None:
    with run_every(60, lambda: calls.append(1), name="a-test"):
        calls: list[int] = []
    assert calls == []
