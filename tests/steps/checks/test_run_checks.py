"""No check ends the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.settings import Settings, parse_settings
from digest.steps.checks import CHECKS, Check, Verdict, run_checks
from digest.steps.checks.line import Line, good

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
SETTINGS = parse_settings('[newsletter]\ntitle = "T"\nfrom = "t@example.org"\n', path=Path("digest.toml"))
Work = Callable[[Settings, datetime], Iterator[Line]]


def raising(problem: BaseException) -> Work:
    def run(_settings: Settings, _now: datetime) -> Iterator[Line]:
        yield good("first", "before it fails")
        raise problem

    return run


def sleeping(_settings: Settings, _now: datetime) -> Iterator[Line]:
    yield good("first", "before it hangs")
    time.sleep(8)
    yield good("first", "too late")


def fine(_settings: Settings, _now: datetime) -> Iterator[Line]:
    yield good("last", "checked")


@pytest.mark.parametrize(
    ("work", "says"),
    [
        (raising(StoreError("The store is full.", "Empty it.")), "The store is full."),
        (raising(RecursionError("too deep")), "the check itself failed: RecursionError: too deep"),
        (raising(SystemExit(2)), "the check itself failed: SystemExit: 2"),
        (raising(MemoryError()), "the check itself failed: MemoryError: "),
        (sleeping, "no result within 0.2 seconds"),
    ],
)
def test_a_check_that_fails_or_hangs_is_a_line_and_the_next_one_runs(work: Work, says: str) -> None:
    begun = time.monotonic()
    left: list[threading.Thread] = []
    lines = list(run_checks([Check("bad", work, seconds=0.2), Check("last", fine)], SETTINGS, NOW, left=left))
    assert time.monotonic() - begun < 5
    assert len(left) == (work is sleeping)
    assert [(line.what, line.message) for line in lines] == [
        ("first", lines[0].message),
        ("bad", says),
        ("last", "checked"),
    ]
    assert lines[1].verdict is Verdict.ERROR
    assert lines[1].remedy


@pytest.mark.parametrize(
    ("needs", "broken", "skipped"),
    [
        ("smtp", "smtp", True),
        ("smtp", "smtp.port", True),
        ("smtp.port", "smtp", True),
        ("smtp.port", "smtp.port", True),
        ("smtp.port", "smtp.host", False),
        ("smtp", "store", False),
        ("store", "stores", False),
    ],
)
def test_a_check_is_left_out_if_a_setting_that_it_needs_is_broken(needs: str, broken: str, skipped: bool) -> None:
    (line,) = run_checks([Check("last", fine, needs=(needs,))], SETTINGS, NOW, broken=[broken])
    assert (line.what, line.message) == (("not checked", "last") if skipped else ("last", "checked"))


def test_each_need_of_a_check_is_a_setting() -> None:
    from digest.settings.tables import File

    for check in CHECKS:
        for need in check.needs:
            table, _, key = need.partition(".")
            field = File.model_fields[table]
            assert not key or key in {
                one.alias or name
                for name, one in field.annotation.model_fields.items()  # type: ignore[union-attr]
            }, need
