"""Background jobs of the desk."""

from __future__ import annotations

import threading

from digest.errors import MailServerError
from digest.web.desk.background_jobs import BackgroundJobs, Job


def test_one_job_per_name_at_a_time() -> None:
    jobs, go, started = BackgroundJobs(), threading.Event(), []

    def work(job: Job) -> None:
        started.append(job)
        job.report("working")
        assert go.wait(50)

    assert jobs.start("W", work)
    assert not jobs.start("W", work)
    assert jobs.start("X", lambda _job: None), "another name is another job"
    go.set()
    jobs.finish()
    job = jobs.latest("W")
    assert job is not None
    assert (job.running, job.failure, job.lines) == (False, "", ["working"])
    assert jobs.start("W", work)
    jobs.finish()
    assert len(started) == 2
    assert jobs.latest("Y") is None


def test_latest_is_a_snapshot() -> None:
    """A page shows one state of the job, even if the job ends meanwhile."""
    jobs, go = BackgroundJobs(), threading.Event()
    jobs.start("W", lambda _job: go.wait(50))  # type: ignore[arg-type,return-value]  # its result is ignored
    before = jobs.latest("W")
    go.set()
    jobs.wait("W", 50)
    after = jobs.latest("W")
    assert before is not None
    assert after is not None
    assert (before.running, after.running) == (True, False)


def test_failures_are_plain_messages() -> None:
    def unreachable(job: Job) -> None:
        raise MailServerError("No server could be reached.", "Try again.")

    def surprise(job: Job) -> None:
        raise RuntimeError("secret detail")

    jobs = BackgroundJobs()
    jobs.start("W", unreachable)
    jobs.start("X", surprise)
    jobs.finish()
    failures = [job.failure for name in "WX" if (job := jobs.latest(name))]
    assert failures[0] == "No server could be reached.\nTry again."
    assert "secret" not in failures[1]


def test_only_the_last_lines_are_kept() -> None:
    job = Job()
    for number in range(100):
        job.report(str(number))
    assert job.lines == [str(number) for number in range(80, 100)]
