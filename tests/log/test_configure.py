"""Where records go, at which level, in which format."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import pytest

from digest.log import LogConfiguration, configure, fields, for_week, listening, reset
from digest.week import Week

LOG = logging.getLogger("digest.steps.test")


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    yield
    reset()


def test_text_is_the_plain_message(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogConfiguration())
    for_week(LOG, Week(2019, 12)).info("%d posts", 5)
    LOG.warning("Look at\x1b[31m this")
    LOG.debug("not shown")
    assert capsys.readouterr().err == "2019-W12: 5 posts\nwarning: Look at[31m this\n"


def test_json_has_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogConfiguration(format="json", run="r1", secrets=("hunter22",)))
    with fields(week="2019-W12"):
        LOG.info("Delivery %d rejected for a@b.example: hunter22", 7, extra={"delivery": 7, "source": "a@b.example"})
    record = json.loads(capsys.readouterr().err)
    del record["time"]
    assert record == {
        "level": "INFO",
        "logger": "digest.steps.test",
        "message": "Delivery 7 rejected for (address): (secret)",
        "week": "2019-W12",
        "source": "(address)",
        "delivery": 7,
        "run": "r1",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_tracebacks_are_masked(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure(LogConfiguration(format=form, secrets=("hunter22",)))  # type: ignore[arg-type]  # one of two words
    try:
        int("ada@example.org and hunter22")
    except ValueError:
        LOG.exception("It failed.")
    output = capsys.readouterr().err
    assert "ValueError" in output
    assert "ada@" not in output
    assert "hunter22" not in output


def test_one_logger_can_be_turned_up(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogConfiguration(level=logging.WARNING, loggers={"digest.mail": logging.DEBUG}))
    logging.getLogger("digest.mail.smtp.outbox").debug("shown")
    logging.getLogger("digest.mailing").info("not shown")
    LOG.info("not shown")
    assert capsys.readouterr().err == "digest.mail.smtp.outbox: shown\n"


def test_listeners_hear_their_own_thread_only() -> None:
    configure(LogConfiguration(level=logging.ERROR))
    lines: list[str] = []
    with listening(lines.append):
        LOG.info("from here, by ada@example.org")
        other = threading.Thread(target=LOG.info, args=("from another thread",))
        other.start()
        other.join()
    LOG.info("after it")
    assert lines == ["from here, by (address)"]
