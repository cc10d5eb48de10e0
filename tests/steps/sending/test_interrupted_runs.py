"""After a crash: who had not got the end of the message is queued again, all others are uncertain."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.log import listening
from digest.mail.smtp.dot_marks import DotMarks, path_of
from digest.model import Claim, DeliveryCounts, Mailing
from digest.steps.sending.interrupted_runs import run_marks, sweep_interrupted
from digest.store import claims, deliveries, leases, subscribers
from digest.store.claims import Sweep
from digest.store.engine import Store
from digest.store.subscribers import NewSubscriber
from digest.week import Week
from tests.conftest import ROOT

MAILING = Mailing(Week(2019, 12))
NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)


def clock() -> datetime:
    return NOW


def dead_run() -> str:
    """The name of a run on this machine whose process has ended."""
    script = "from digest.store.leases import claimant; print(claimant())"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def claimed(store: Store, by: str, number: int = 2) -> list[Claim]:
    """Claims of that run."""
    new = [NewSubscriber(f"r{n}@example.org", f"r{n}@example.org", str(n)) for n in range(number)]
    with store.writing() as connection:
        subscribers.add_many(connection, new, now=NOW)
        deliveries.queue(connection, MAILING, now=NOW)
        batch = claims.claim(
            connection, MAILING, number, by=by, now=NOW, lease=timedelta(hours=1), message_id=lambda one: f"<{one}@x>"
        )
    return batch.claims


def counts(store: Store) -> DeliveryCounts:
    with store.reading() as connection:
        return deliveries.counts(connection, MAILING)


def test_what_had_not_ended_is_queued_again(store: Store, tmp_path: Path) -> None:
    run = dead_run()
    unsent, ended = claimed(store, run)
    marks = DotMarks.create(tmp_path, run, 2)
    marks.words[0] = marks.word(ended.id, ended.attempts)
    marks.words[1] = marks.word(unsent.id, unsent.attempts + 1)  # another claim of it
    marks.close()
    assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep(queued=1, uncertain=1)
    assert counts(store) == DeliveryCounts(queued=1, uncertain=1)
    assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep()


@pytest.mark.parametrize("harm", ["missing", "short", "of another run"])
def test_without_its_marks_all_of_a_run_is_uncertain_and_the_log_says_why(
    store: Store, tmp_path: Path, harm: str
) -> None:
    run = dead_run()
    claimed(store, run)
    DotMarks.create(tmp_path, run, 2).close()
    path = path_of(tmp_path, run)
    if harm == "missing":
        path.unlink()
    elif harm == "short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        other = dead_run()
        DotMarks.create(tmp_path, other, 2).close()
        path_of(tmp_path, other).rename(path)
    log: list[str] = []
    with listening(log.append):
        assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep(uncertain=2)
    assert any("How far an interrupted run had come is not known" in line and path.name in line for line in log)


def test_a_run_on_another_machine_is_uncertain_once_its_lease_has_run_out(store: Store, tmp_path: Path) -> None:
    claimed(store, "elsewhere/boot/pid:[1]|1|1|0123456789ab")
    assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep()
    later = NOW + timedelta(hours=2)
    assert sweep_interrupted(store, tmp_path, MAILING, lambda: later) == Sweep(uncertain=2)


def test_a_run_of_another_machine_is_over_once_another_run_has_its_lease(store: Store, tmp_path: Path) -> None:
    elsewhere, here, end = "elsewhere/boot/pid:[1]|1|1|0123456789ab", leases.claimant(), NOW + timedelta(minutes=1)

    def sweep() -> Sweep:
        return sweep_interrupted(store, tmp_path, MAILING, clock, lease="send", by=here)

    claimed(store, elsewhere)
    with store.writing() as connection:
        leases.acquire(connection, "send", elsewhere, now=NOW, until=end)
    assert sweep() == Sweep(), "it holds the lease"
    with store.writing() as connection:
        assert leases.acquire(connection, "send", here, now=end, until=end + timedelta(minutes=1)) == here
    assert sweep() == Sweep(uncertain=2), "an hour before its claims end"


def test_the_marks_of_a_living_run_are_not_believed_when_its_lease_runs_out(store: Store, tmp_path: Path) -> None:
    run = leases.claimant()
    claimed(store, run)
    later = NOW + timedelta(hours=2)
    with run_marks(store, tmp_path, run, MAILING, 2) as marks:
        assert marks is not None
        assert sweep_interrupted(store, tmp_path, MAILING, lambda: later) == Sweep(uncertain=2)


def test_a_run_removes_its_marks_unless_it_leaves_claims(store: Store, tmp_path: Path) -> None:
    run, next_run = dead_run(), leases.claimant()
    with run_marks(store, tmp_path, run, MAILING, 2):
        claimed(store, run)
    assert path_of(tmp_path, run).exists()
    with run_marks(store, tmp_path, next_run, MAILING, 2):
        assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep(queued=2)
    assert list(tmp_path.glob("*.marks")) == []


def test_a_run_that_fails_leaves_its_marks(store: Store, tmp_path: Path) -> None:
    run = dead_run()
    claimed(store, run)
    with pytest.raises(ZeroDivisionError), run_marks(store, tmp_path, run, MAILING, 2):
        raise ZeroDivisionError
    assert sweep_interrupted(store, tmp_path, MAILING, clock) == Sweep(queued=2)


def test_where_no_file_can_be_made_the_run_sends_without_and_the_log_says_so(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log: list[str] = []
    with listening(log.append), run_marks(store, tmp_path / "file", leases.claimant(), MAILING, 2) as marks:
        assert marks is None
    assert any("There are no marks of what was sent" in line for line in log)
