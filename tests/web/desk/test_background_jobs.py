"""Work behind the page."""

from __future__ import annotations

import threading

from digest.errors import MailServerError
from digest.web.desk.background_jobs import Job, Jobs


def test_one_at_a_time_and_then_again() -> None:
    jobs, go, begun = Jobs(), threading.Event(), []

    def work(job: Job) -> None:
        begun.append(job)
        job.say("at it")
        assert go.wait(10)

    assert jobs.start("W", work)
    assert not jobs.start("W", work)
    assert jobs.start("X", lambda _job: None), "another name is another job"
    go.set()
    jobs.finish()
    job = jobs.of("W")
    assert job is not None
    assert (job.running, job.failure, job.lines) == (False, "", ["at it"])
    assert jobs.start("W", work)
    jobs.finish()
    assert len(begun) == 2
    assert jobs.of("Y") is None


def test_what_was_seen_of_a_job_stays_as_it_was_seen() -> None:
    """A page that is being made keeps to one state of it, however soon the job ends."""
    jobs, go = Jobs(), threading.Event()
    jobs.start("W", lambda _job: go.wait(10))  # type: ignore[arg-type,return-value]  # what it gives is not looked at
    seen = jobs.of("W")
    go.set()
    jobs.wait("W", 10)
    now = jobs.of("W")
    assert seen is not None
    assert now is not None
    assert (seen.running, now.running) == (True, False)


def test_failures_are_told() -> None:
    def unreachable(job: Job) -> None:
        raise MailServerError("Nobody answers.", "Try again.")

    def surprise(job: Job) -> None:
        raise RuntimeError("secret detail")

    jobs = Jobs()
    jobs.start("W", unreachable)
    jobs.start("X", surprise)
    jobs.finish()
    said = [job.failure for name in "WX" if (job := jobs.of(name))]
    assert said[0] == "Nobody answers.\nTry again."
    assert "secret" not in said[1]


def test_only_the_last_lines_are_kept() -> None:
    job = Job()
    for number in range(100):
        job.say(str(number))
    assert job.lines == [str(number) for number in range(80, 100)]
