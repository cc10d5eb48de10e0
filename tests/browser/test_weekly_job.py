"""The Monday job on the demo's week, done with pointer and keyboard, and every click and key counted.

`docs/desk.md` has the figures.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from digest.demo.run import Demo, sample_newsletter
from digest.model import EditionStatus
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.editing.edition_view import load
from digest.steps.run import Timings
from digest.web.caught_mail import CaughtMailbox
from digest.web.desk.serve import DeskServer

pytestmark = pytest.mark.thorough
MOST_CLICKS = 40
EDGES = (70, 690)  # of the outline in a window 720 pixels high: near them it scrolls
INTRODUCTION = "Good morning. This week three teams took something away, and it helped."
SUBJECT = "Why they switched off the chatbot, and 32 more"


@dataclass
class Hands:
    """A pointer and a keyboard that count: presses of a button, drags, keys that are no text, characters typed."""

    page: Any
    clicks: int = 0
    drags: int = 0
    keys: int = 0
    typed: int = 0
    steps: list[tuple[str, int]] = field(default_factory=list)  # what was done, and the gestures that it took

    @property
    def gestures(self) -> int:
        return self.clicks + self.drags + self.keys

    def click(self, what: Any) -> None:
        what.click()
        self.clicks += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)
        self.typed += len(text)

    def drag(self, post: str, onto: str) -> None:
        """Drag a line by its grip above another one; wait at the outline's edge until that one comes into view."""
        self.page.locator(f"#post-{post}").hover()
        start = self.page.locator(f"#post-{post} .grip").bounding_box()
        self.page.mouse.move(start["x"] + 4, start["y"] + 10)
        self.page.mouse.down()
        top, bottom = EDGES
        for _ in range(1_000):
            target = self.page.locator(f"#post-{onto}").bounding_box()
            if top + 100 < target["y"] < bottom - 80:
                break
            self.page.mouse.move(start["x"] + 20, bottom if target["y"] > top + 100 else top, steps=2)
            self.page.wait_for_timeout(30)
        shown = self.page.locator(f".lines:has(#post-{onto}) .drop-mark")
        for _ in range(50):  # as a hand does: until the mark is where the line is to go
            self.page.mouse.move(start["x"] + 20, self.page.locator(f"#post-{onto}").bounding_box()["y"] + 4, steps=2)
            if shown.count():
                break
        self.page.mouse.up()
        self.drags += 1

    def done(self, what: str) -> int:
        """End a step; return the gestures that it took."""
        taken = self.gestures - sum(number for _, number in self.steps)
        self.steps.append((what, taken))
        return taken


@pytest.fixture(scope="module", autouse=True)
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Before the browser: Playwright keeps an event loop in this thread while it is open."""
    with sample_newsletter(tmp_path_factory.mktemp("demo"), Timings()) as started:
        collect(started.context, week=started.week)
        compose(started.context, started.week)
        yield started


@pytest.fixture
def url(demo: Demo) -> Iterator[str]:
    with ExitStack() as stack:
        server = DeskServer(demo.context, port=0, mailbox=demo.mailbox, editor="Edith Marlow")
        thread = threading.Thread(target=server.run)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.stop)
        yield server.entrance(f"/editions/{demo.week}")


def settle(page: Any) -> None:
    page.locator("#bench:not([aria-busy])").wait_for()


def test_focus_stays_on_the_tab_that_was_chosen(url: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=1280)
    page.goto(url)
    for tabs, name in (("Languages of the mail", "Welsh"), ("Views of the mail", "Phone")):
        tab = page.get_by_role("navigation", name=tabs).get_by_role("link", name=name)
        tab.focus()
        page.keyboard.press("Enter")
        page.locator(f'#mail nav[aria-label="{tabs}"] a[aria-current]', has_text=name).wait_for()
        page.wait_for_function("name => document.activeElement.textContent.startsWith(name)", arg=name)


def test_the_monday_job_takes_few_clicks(demo: Demo, url: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=1280)
    page.set_viewport_size({"width": 1280, "height": 720})
    hands = Hands(page)
    page.goto(url)
    ids = {post.title: post.id for post in load(demo.context, demo.week).edition.posts}

    def post(words: str) -> str:
        return next(number for title, number in ids.items() if words in title)

    hands.click(page.get_by_role("button", name=re.compile("findings?$")))
    page.locator("#preflight").get_by_text("lead to this computer").wait_for()
    hands.press("Escape")
    hands.done("read the findings")

    for moved, onto in (
        ("Our next meet-up", "The otters"),
        ("22 councils", "Mapping every public bench"),
        ("The 96 words", "Plain English"),
    ):
        hands.drag(post(moved), post(onto))
        settle(page)
    assert hands.done("move three posts") <= 3

    hands.click(page.locator(f"#post-{post('Our press office')}").get_by_role("button", name="Drop"))
    page.locator("#toast").get_by_text("Dropped").wait_for()
    settle(page)
    assert hands.done("drop a post") <= 1

    hands.click(page.locator(f"#post-{post('Why we switched off')} .line-link"))
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    before = page.locator(".sentence:has(input:checked)").first
    hands.click(before)
    settle(page)
    fresh = page.locator(".sentence:has(input:not(:checked)) span").nth(6)
    words = fresh.inner_text()
    hands.click(fresh)
    page.get_by_text("Summary changed.").first.wait_for()
    settle(page)
    hands.done("swap a sentence")

    hands.click(page.get_by_role("textbox", name="Subject"))
    hands.type(SUBJECT)
    hands.press("Tab")
    hands.click(page.get_by_role("textbox", name="Introduction"))
    hands.type(INTRODUCTION)
    hands.press("Tab")
    page.frame_locator("#frame iframe").get_by_text(INTRODUCTION).wait_for()
    hands.done("write subject and introduction")

    hands.click(page.get_by_role("navigation", name="Views of the mail").get_by_role("link", name="Phone"))
    page.locator(".frame-phone").wait_for()
    hands.done("look at it as on a phone")

    hands.click(page.get_by_role("button", name="Approve…").first)
    tick = page.get_by_role("checkbox", name=re.compile("I have"))
    if tick.count():
        hands.click(tick.first)
    hands.click(page.get_by_role("button", name=re.compile(r"^Approve and send to \d+ now")))
    page.get_by_role("heading", name="Approved").wait_for()
    hands.done("approve")
    page.get_by_role("heading", name="Sent").wait_for()  # after `cancel_seconds`, by itself

    edition = load(demo.context, demo.week)
    assert edition.status is EditionStatus.SENT
    assert words in next(each.summary for each in edition.edition.posts if "chatbot" in each.title)
    themes = {each.id: section.theme for section in edition.edition.sections for each in section.posts}
    assert [themes[post(words)] for words in ("meet-up", "22 councils", "96 words")] == [
        "elsewhere",
        "civic-tech",
        "comms",
    ]
    assert post("Our press office") not in themes
    arrived = [mail for mail in CaughtMailbox(demo.mailbox).messages() if mail.subject == SUBJECT]
    assert len(arrived) >= edition.counts.sent - 1, "one is in Welsh"
    assert hands.clicks + hands.drags <= MOST_CLICKS
    written = Path("docs/desk.md").read_text("utf-8")
    assert f"{hands.clicks} clicks, {hands.drags} drags and {hands.keys} keys" in written, hands
    for what, number in hands.steps:
        assert f"| {what} | {number} |" in written
