"""The link check of the desk: in the background, shown with its time, and repeated before approval."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from digest.model import EditionStatus
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.approve import approve as approve_edition
from digest.steps.editing.desk_data import trail
from digest.steps.editing.visit_links import SECONDS_PER_REQUEST
from digest.store.engine import open_store
from tests.steps import editor_changes
from tests.steps.newsletter_setup import NOW, WEEK, set_up
from tests.web.desk_server import ServedDesk, serve_desk
from tests.web_of_feeds import Reply, Web, silence

BENCH = f"/editions/{WEEK}"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A composed week whose posts are still online."""
    folder = tmp_path_factory.mktemp("live")
    store = open_store(f"sqlite:///{folder / 'digest.db'}")
    patience = {"collect": {"timeout_seconds": 1.0}}
    with set_up(folder, store, sources=["Plainspoken"], tables=patience) as newsletter:
        collect(newsletter.context, week=WEEK)
        compose(newsletter.context, WEEK)
        store.close()
        yield folder


@pytest.fixture
def desk(week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    with serve_desk(week, tmp_path / "desk") as desk:
        yield desk


def approve(desk: ServedDesk, page: str) -> httpx.Response:
    """Approve as a browser does, with the hidden fields of this page."""
    fields = dict(
        re.findall(r'<input type="hidden" form="act" name="(revision|fingerprint|warned)" value="([^"]*)">', page)
    )
    assert len(fields) == 3
    return desk.fill(f"{BENCH}/approve", seen="yes", **fields)


def checks(desk: ServedDesk) -> list[str]:
    return [row.by for row in trail(desk.context, WEEK) if row.what == "links checked"]


def test_opening_the_workbench_checks_the_links_once(desk: ServedDesk) -> None:
    first = desk.page()
    assert "links are checked" not in first
    page = desk.settled_page()
    number = len(desk.view.links.addresses)
    assert re.search(rf"Links: {number} of {number} answer. Checked Mon 9 Mar 2026, 06:30", page)
    assert "Check links now" in page
    desk.settled_page()
    assert checks(desk) == ["digest"]
    assert desk.view.links.fresh


def test_no_check_is_announced_after_approval(week: Path, tmp_path: Path) -> None:
    now = NOW
    with serve_desk(week, tmp_path / "desk", clock=lambda: now) as desk:
        desk.settled_page()
        approve_edition(desk.context, WEEK, by="Edith")
        now += timedelta(hours=1)
        assert not desk.view.links.fresh
        page = desk.page()
    assert "Checked Mon 9 Mar 2026, 06:30." in page
    assert "before approval" not in page


def test_a_new_dead_link_needs_its_own_tick(desk: ServedDesk) -> None:
    with Web() as web:
        fair = web.say("/fair", "here")
        editor_changes.write_introduction(desk.context, WEEK, f"See [the fair]({fair}).", by="Edith")
        before = desk.settled_page()
        assert "the fair” leads" not in before
        web.say("/fair", Reply("", 410))
        assert "Checking the links." in desk.fill(f"{BENCH}/links").text
        after = desk.settled_page()
    assert "“the fair” links to a page that does not exist: 127.0.0.1 says that this is gone for good (410)" in after
    assert "correct the introduction" in after
    assert checks(desk) == ["Edith", "digest"]

    refused = approve(desk, before)
    assert refused.status_code == 409, "the tick was for other warnings"
    assert "has 1 finding: " in refused.text
    assert desk.view.status is EditionStatus.DRAFT
    assert approve(desk, after).status_code == 200
    assert desk.view.approval is not None
    assert len(checks(desk)) == 2, "fresh results are used again"


def test_approves_before_the_links_were_shown_if_all_answer(desk: ServedDesk) -> None:
    page = desk.page()
    assert approve(desk, page).status_code == 200, "no new warning"
    assert checks(desk) == ["digest"]


def test_approving_does_not_wait_for_a_dead_server(desk: ServedDesk) -> None:
    with Web() as web:
        dead = web.say("/dead", silence)
        editor_changes.write_introduction(desk.context, WEEK, f"See [the fair]({dead}).", by="Edith")
        started = time.monotonic()
        refused = approve(desk, desk.page())
        assert time.monotonic() - started < 5 * SECONDS_PER_REQUEST
        assert refused.status_code == 409
        assert "“the fair” did not open" in refused.text
        assert approve(desk, refused.text).status_code == 200
        assert {visit.method for visit in web.visits()} == {"HEAD", "GET"}


def test_closing_the_desk_stops_the_link_check(week: Path, tmp_path: Path) -> None:
    with Web() as web:
        with ExitStack() as stack:
            desk = stack.enter_context(serve_desk(week, tmp_path / "desk"))
            text = " ".join(f"[fair {number}]({web.say(f'/{number}', silence)})" for number in range(30))
            editor_changes.write_introduction(desk.context, WEEK, text, by="Edith")
            desk.page()
            while not web.visits():
                time.sleep(0.01)
            started = time.monotonic()
        assert time.monotonic() - started < 15
