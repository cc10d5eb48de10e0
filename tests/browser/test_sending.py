"""A sending in a real browser: watched, paused, gone on with, and its report read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.steps.editing.approve import approve
from digest.steps.subscribers.operator_actions import add
from tests.browser.axe import ALL, axe_source, violations
from tests.mail.smtp.smtp_server import SmtpServer, serving
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"
SUBSCRIBERS = 30
NewPage = Callable[..., Any]


@dataclass
class Pace:
    """How long the mail server takes for each answer: at first, a page can be opened meanwhile on any machine."""

    seconds: float = 0.6


@pytest.fixture
def pace() -> Pace:
    return Pace()


@pytest.fixture
def slow_server(pace: Pace) -> Iterator[SmtpServer]:
    with serving(delay=lambda: pace.seconds) as running:
        yield running


@pytest.fixture
def slow_desk(composed_week: Path, tmp_path: Path, slow_server: SmtpServer) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path / "desk", smtp={"port": slow_server.port, "connections": 2}) as desk:
        for number in range(SUBSCRIBERS - 3):
            add(desk.context, f"s{number}@{'bad' if number < 2 else 'good'}.example")
        slow_server.order("RCPT", "550 5.1.1 no such user", about="bad.example", times=2)
        elsewhere(lambda: approve(desk.context, WEEK, by="Ada"))
        yield desk


def elsewhere(work: Callable[[], object]) -> None:
    """Do it in a thread: Playwright's event loop has this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.thorough
def test_a_sending_is_watched_paused_gone_on_with_and_reported(
    slow_desk: ServedDesk, slow_server: SmtpServer, pace: Pace, new_page: NewPage
) -> None:
    page = new_page()
    streams: list[str] = []
    page.on("response", lambda got: streams.append(got.headers.get("content-type", "")))
    page.goto(slow_desk.url + BENCH)
    page.evaluate("window.stays = true")  # the page is not loaded again
    # As another program would: the page learns of it by itself.
    elsewhere(lambda: slow_desk.do(f"{BENCH}/send"))
    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.wait_for()
    page.get_by_text(re.compile(r"of 30 done · \d+ a (second|minute), .*left")).wait_for()
    pause.click()
    page.get_by_text("Paused by Edith.").wait_for()
    go_on = page.get_by_role("button", name="Go on", exact=True)
    go_on.wait_for()
    page.locator("#progress[data-job=none]").wait_for()
    before = len(slow_server.accepted)
    assert 0 < before < SUBSCRIBERS - 2
    pace.seconds = 0.05
    go_on.click()
    page.get_by_role("heading", name="Sent", exact=True).wait_for()
    assert page.evaluate("window.stays") is True
    assert page.get_by_role("textbox", name="Subject").count() == 0, "what was sent is not edited"
    assert any("text/event-stream" in kind for kind in streams)
    assert sorted(slow_server.copies().values()) == [1] * (SUBSCRIBERS - 2)

    page.get_by_role("link", name="Report", exact=True).first.click()
    page.get_by_role("heading", name="What became of it").wait_for()
    assert page.get_by_text("28 sent, of 30 subscribers").count() == 1
    row = page.get_by_role("row", name=re.compile("bad.example"))
    assert "There is no such mailbox (550 5.1.1): 2" in row.inner_text()
    assert page.get_by_text("no opens and no clicks").count() == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "bad.example" in Path(download.value.path()).read_text("utf-8")


@pytest.mark.thorough
def test_axe_finds_nothing_while_sending_and_on_the_report(slow_desk: ServedDesk, new_page: NewPage) -> None:
    elsewhere(lambda: slow_desk.do(f"{BENCH}/send"))
    page = new_page()
    page.add_init_script(axe_source())
    page.goto(slow_desk.url + BENCH)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Go on", exact=True).wait_for()
    assert violations(page, ALL) == []
    page.goto(slow_desk.url + f"{BENCH}/report")
    assert violations(page, ALL) == []


@pytest.mark.thorough
def test_pausing_works_without_scripts(slow_desk: ServedDesk, new_page: NewPage) -> None:
    elsewhere(lambda: slow_desk.do(f"{BENCH}/send"))
    page = new_page(scripts=False)
    page.goto(slow_desk.url + BENCH)
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_text("Paused by Edith.").first.wait_for()
    page.get_by_role("button", name="Go on", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
