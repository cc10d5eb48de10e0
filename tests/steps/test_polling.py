"""Looking again and again, beside what is under way."""

from __future__ import annotations

import threading

from digest.steps.polling import looking


def test_it_looks_until_the_block_is_left_and_no_look_goes_on_after_it() -> None:
    looks: list[str] = []
    third, free = threading.Event(), threading.Event()

    def look() -> None:
        looks.append(threading.current_thread().name)
        if len(looks) == 5:
            third.set()
            free.wait(10)
        looks.append("over")

    with looking(look, seconds=0.001, name="a-test"):
        assert third.wait(10)
        threading.Timer(0.05, free.set).start()
    assert looks == ["a-test", "over"] * (len(looks) // 2), "no look is under way"
    assert len(looks) >= 6
    assert not any(thread.name == "a-test" for thread in threading.enumerate())


def test_what_is_over_at_once_is_never_looked_at() -> None:
    with looking(lambda: looks.append(1), seconds=60, name="a-test"):
        looks: list[int] = []
    assert looks == []
