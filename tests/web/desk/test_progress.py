"""The progress of a sending on the desk: read as a stream over a real socket, paused, gone on."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.model import EditionStatus
from digest.steps.editing.approve import approve
from digest.steps.status import Status
from digest.steps.subscribers.operator_actions import add
from digest.web.desk.progress_page import MOST_STREAMS, event
from digest.web.desk.sending_progress import Pace, Sample, SendingProgress, pace_of, pace_text
from digest.week import Week
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"
SUBSCRIBERS = 24


@pytest.fixture
def slow_server() -> Iterator[SmtpServer]:
    with serving(delay=lambda: 0.1) as running:
        yield running


@pytest.fixture
def slow_desk(composed_week: Path, tmp_path: Path, slow_server: SmtpServer) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path / "desk", smtp={"port": slow_server.port, "connections": 2}) as desk:
        for number in range(SUBSCRIBERS - 3):
            add(desk.context, f"s{number}@example.org")
        yield desk


def stream(desk: ServedDesk) -> socket.socket:
    """Open a stream of events over a plain socket."""
    address = urlsplit(desk.url)
    opened = socket.create_connection((str(address.hostname), address.port or 0), timeout=20)
    request = f"GET {BENCH}/progress HTTP/1.1\r\nHost: 127.0.0.1:{address.port}\r\nAccept: text/event-stream\r\n"
    opened.sendall(f"{request}{desk.session_header}\r\n".encode())
    return opened


def read_until(opened: socket.socket, pattern: str) -> str:
    text = ""
    while not re.search(pattern, text):
        more = opened.recv(65536)
        assert more, f"it ended: {text[-500:]}"
        text += more.decode()
    return text


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_sending_is_watched_paused_and_gone_on_with(slow_desk: ServedDesk, slow_server: SmtpServer) -> None:
    desk = slow_desk
    approve(desk.context, WEEK, by="Edith")
    desk.do(f"{BENCH}/send")
    until(lambda: len(slow_server.accepted) > 1)
    with stream(desk) as opened:
        text = read_until(opened, r"of 24 done · [0-9]+ a (second|minute), [^<]*left")
        assert "content-type: text/event-stream" in text.lower()
        assert "event: progress\ndata: " in text
        assert "content-encoding" not in text.lower(), "a compressed stream would arrive late"
        page = desk.page()
        assert ">Pause</button>" in page
        assert '<noscript><meta http-equiv="refresh"' in page
        desk.do(f"{BENCH}/pause")
        text = read_until(opened, "event: end")
        assert "Paused by Edith." in text
    until(lambda: 'data-job="none"' in desk.page(f"{BENCH}/progress"))
    sent = len(slow_server.accepted)
    assert 1 < sent < SUBSCRIBERS
    page = desk.page()
    assert ">Go on</button>" in page
    assert ">Pause</button>" not in page
    assert desk.view.approval is not None, "the approval stands"

    slow_server.delay = lambda: 0.0
    desk.do(f"{BENCH}/go-on")
    until(lambda: desk.view.status is EditionStatus.SENT)
    assert sorted(slow_server.copies().values()) == [1] * SUBSCRIBERS
    assert len({one.recipient for one in slow_server.accepted}) == SUBSCRIBERS
    with stream(desk) as opened:
        assert "event: end" in read_until(opened, "event: end"), "nothing moves: the stream ends at once"


def test_streams_are_bounded_and_end_with_the_server(
    composed_week: Path, tmp_path: Path, slow_server: SmtpServer
) -> None:
    slow_server.delay = lambda: 0.4
    with serve_desk(composed_week, tmp_path / "desk", smtp={"port": slow_server.port, "connections": 1}) as desk:
        approve(desk.context, WEEK, by="Edith")
        desk.do(f"{BENCH}/send")
        until(lambda: desk.view.status is EditionStatus.SENDING)
        opened = [stream(desk) for _ in range(MOST_STREAMS)]
        for each in opened:
            read_until(each, "event: progress")
        with stream(desk) as another:
            assert "503" in read_until(another, "Ask again").split("\r\n")[0]
        opened.pop().close()
        until(lambda: _is_open(desk))
        started = time.monotonic()
    # The server has stopped. It would have waited ten seconds for streams that go on.
    assert time.monotonic() - started < 8
    for each in opened:
        each.close()


def _is_open(desk: ServedDesk) -> bool:
    with stream(desk) as opened:
        return " 200 " in read_until(opened, "\r\n\r\n").split("\r\n")[0]


def test_there_is_no_stream_of_an_edition_that_is_not_there(still_desk: ServedDesk) -> None:
    headers = {"Accept": "text/event-stream"}
    assert still_desk.client.get("/editions/2019-W01/progress", headers=headers).status_code == 404


# --- The pace ---------------------------------------------------------------------------------------------------------


def test_pace_is_measured_over_the_latest_samples() -> None:
    samples = [Sample(0.0, 0), Sample(100.0, 1000), Sample(110.0, 1400), Sample(120.0, 1800)]
    assert pace_of(samples, waiting=400) == Pace(40.0, 10.0)
    assert pace_of(samples[:1], waiting=400) == Pace()
    assert pace_of([], waiting=400) == Pace()
    assert pace_of([Sample(0.0, 5), Sample(2.0, 5)], waiting=1) == Pace()
    assert pace_of([Sample(0.0, 5), Sample(25.0, 5)], waiting=1) == Pace(0.0)


@pytest.mark.parametrize(
    ("pace", "words"),
    [
        (Pace(), ""),
        (Pace(0.0), "nothing has moved for a while"),
        (Pace(42.4, 200.0), "42 a second, about 3 minutes left"),
        (Pace(0.5, 8.0), "30 a minute, a few seconds left"),
        (Pace(1200.0, 33.0), "1,200 a second, about 30 seconds left"),
        (Pace(10.0, 60.0), "10 a second, about 1 minute left"),
        (Pace(10.0, 7_900.0), "10 a second, about 2 h 10 min left"),
    ],
)
def test_pace_in_words(pace: Pace, words: str) -> None:
    assert pace_text(pace) == words


def test_the_store_is_asked_once_a_second_for_all_pages(still_desk: ServedDesk) -> None:
    now, asked = 0.0, 0
    known = SendingProgress(lambda week: still_desk_status(still_desk, week)).read(WEEK)[0]

    def status(_week: Week) -> Status:
        nonlocal asked, now
        asked += 1
        now += 0.25  # counting took so long
        return known

    progress = SendingProgress(status, monotonic=lambda: now)
    for _ in range(50):
        progress.read(WEEK, fresh=False)
    assert asked == 1
    now += 4.9
    progress.read(WEEK, fresh=False)
    assert asked == 1, "a quarter of a second is paid back for five"
    now += 0.2
    progress.read(WEEK, fresh=False)
    assert asked == 2
    progress.read(WEEK)
    assert asked == 3, "a page that is loaded shows what is true now"


def still_desk_status(desk: ServedDesk, week: Week) -> Status:
    from digest.steps.status import status

    return status(desk.context, week)


def test_an_event_keeps_its_lines_apart() -> None:
    assert event("progress", "<p>\n\nevent: end\n</p>") == (
        "event: progress\ndata: <p>\ndata: \ndata: event: end\ndata: </p>\n\n"
    )
