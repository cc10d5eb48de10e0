"""The editor's whole path, in a real browser: look, edit, approve, send, read in the mailbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from digest.model import EditionStatus
from digest.steps.editing.approve import approve
from digest.steps.sending.send import send
from tests.steps import editor_changes
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import HOSTILE, SUBSCRIBERS, ServedDesk
from tests.web_of_feeds import Reply, Web

BENCH = f"/editions/{WEEK}"
NewPage = Callable[..., Any]


def watch(page: Any, url: str) -> list[str]:
    """Errors of the page: messages of its console, and requests to other hosts."""
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(url + "/") else wrong.append(request.url))
    return wrong


def elsewhere(step: Callable[[], object]) -> None:
    """Run a step in a thread: Playwright's event loop has this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(step).result()


def test_from_draft_to_sent_with_scripts(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    wrong = watch(page, desk.url)
    page.goto(desk.url)
    page.get_by_role("link", name="Review and approve").click()

    page.get_by_role("button", name="Pin Testing the bin day finder").click()
    page.get_by_role("button", name="Unpin Testing the bin day finder").wait_for()
    assert desk.post("bin day").pinned

    page.get_by_role("link", name="Testing the bin day finder").first.click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    before = desk.post("bin day").summary
    fresh = page.locator(".sentence:has(input:not(:checked)) span").nth(6)
    expected = fresh.inner_text()
    fresh.click()
    page.get_by_text("Summary changed.").first.wait_for()
    assert expected in desk.post("bin day").summary
    assert len(desk.post("bin day").summary) <= max(3, len(before))

    page.get_by_role("textbox", name="Drop because").fill("off <b>topic</b>")
    page.get_by_role("button", name="Give this reason").click()
    page.get_by_text(": off <b>topic</b>.").first.wait_for()
    page.locator("#left-out summary").click()
    page.get_by_text("dropped by the editor: off <b>topic</b>").wait_for()
    page.get_by_role("button", name="Bring back Testing the bin day finder").click()
    page.get_by_role("button", name="Unpin Testing the bin day finder").or_(
        page.get_by_role("button", name="Pin Testing the bin day finder")
    ).wait_for()

    page.get_by_role("textbox", name="Introduction").fill("Good morning from **the desk**.")
    page.get_by_role("button", name="Save text").click()
    page.get_by_text("Introduction saved.").first.wait_for()
    page.frame_locator("#mail iframe").get_by_text("Good morning from").wait_for()

    page.get_by_text(re.compile("links could be reached")).first.wait_for(state="attached")
    page.get_by_role("button", name="Approve…").first.click()
    page.get_by_role("checkbox", name=re.compile("I have seen")).check()
    page.get_by_role("button", name="Approve and send to 3 now").click()
    page.get_by_role("heading", name="Approved").wait_for()
    page.get_by_text(re.compile("in [0-9]+ seconds")).wait_for()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_text("Taken back. Nothing was sent.").first.wait_for()
    page.get_by_role("button", name="Approve…").first.click()
    page.get_by_role("checkbox", name=re.compile("I have seen")).check()
    page.get_by_role("button", name="Approve and send to 3 now").click()
    page.get_by_role("button", name="Send to 3 now", exact=True).click()
    page.get_by_role("heading", name="Sent").wait_for()
    assert desk.view.status is EditionStatus.SENT

    page.get_by_role("link", name="See what arrived in the mailbox").click()
    for subscriber in SUBSCRIBERS:
        page.get_by_role("link", name=subscriber).wait_for()
    page.locator(".letters a").first.click()
    frame = page.frame_locator("iframe")
    frame.get_by_text("Good morning from").wait_for()
    frame.get_by_role("link", name=HOSTILE).first.wait_for()
    assert wrong == []


@pytest.mark.thorough
def test_from_draft_to_sent_without_scripts(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page(scripts=False, width=390)
    page.goto(desk.url + BENCH)
    page.locator("#themes").get_by_role("button", name="Testing the bin day finder").first.click()
    box = page.locator("input[name=sentence]:not(:checked)").first
    box.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Use ticked sentences").click()
    assert desk.post("bin day").summary_method == "editor"
    while page.get_by_text("Checking the links…").count():
        page.reload()
    page.get_by_text(re.compile("None of the .* links could be reached")).first.wait_for(state="attached")
    page.get_by_role("button", name="Approve…").last.click()
    page.get_by_role("checkbox", name=re.compile("I have seen")).check()
    page.get_by_role("button", name="Approve and send to 3 now").click()
    page.get_by_role("button", name="Send to 3 now", exact=True).click()
    page.get_by_text("Sending has started").wait_for()
    while not page.get_by_role("heading", name="Sent").count():
        page.goto(desk.url + BENCH)
    assert len(desk.mailbox.messages()) == len(SUBSCRIBERS)


def test_link_results_appear_and_keep_unsaved_text(desk: ServedDesk, new_page: NewPage) -> None:
    with Web() as web:
        text = f"See [the fair]({web.say('/fair', Reply('', 404))})."
        elsewhere(lambda: editor_changes.write_introduction(desk.context, WEEK, text, by="Other"))
        page = new_page()
        page.goto(desk.url + BENCH)
        page.get_by_role("textbox", name="Subject").fill("Half a sub")
        page.get_by_role("button", name=re.compile("findings?$")).click()
        finding = page.locator("#preflight").get_by_text("“the fair” links to a page that does not exist")
        finding.wait_for()
        assert page.get_by_role("textbox", name="Subject").input_value() == "Half a sub"
        web.say("/fair", "here again")
        page.get_by_role("button", name="Check links now").click()
        finding.wait_for(state="detached")
        page.locator("#links-summary", has_text=re.compile(r"Links: 1 of \d+ answer")).wait_for()
        assert len(web.visits("/fair")) == 3, "HEAD and GET, and a HEAD that was enough"


def test_two_quick_clicks_are_applied_in_order(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + BENCH)
    page.get_by_role("button", name="Pin Testing the bin day finder").click()
    page.get_by_role("link", name="Testing the bin day finder").first.click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    page.locator("#panel").get_by_role("button", name="Unpin", exact=True).wait_for()
    assert desk.post("bin day").pinned


@pytest.mark.thorough
def test_the_page_shows_that_another_run_is_sending(desk: ServedDesk, new_page: NewPage) -> None:
    """After an approval the flow may send it: the desk that is open shows so by itself."""
    elsewhere(lambda: approve(desk.context, WEEK, by="Other"))
    page = new_page()
    page.goto(desk.url + BENCH)
    page.get_by_role("heading", name="Approved").wait_for()
    elsewhere(lambda: send(desk.context, WEEK))
    page.get_by_role("heading", name="Sent").wait_for()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (320, "dark"),
        (1300, "light"),
        (320, "light"),
        (1300, "dark"),
    ],
)
def test_no_page_scrolls_sideways_or_loads_from_other_hosts(
    still_desk: ServedDesk, new_page: NewPage, width: int, scheme: str
) -> None:
    page = new_page(width=width, scheme=scheme)
    wrong = watch(page, still_desk.url)
    opened = still_desk.post("bin day").id
    for path in ("/", BENCH, f"{BENCH}?view=phone&post={opened}", f"{BENCH}?view=text", "/mailbox"):
        page.goto(still_desk.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert wrong == []


def test_keyboard_focus_moves_through_the_mail_and_is_visible(still_desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(still_desk.url + BENCH)
    page.get_by_role("button", name="Show", exact=True).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip the mail"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.localName") == "iframe"
    page.locator("iframe.inside").wait_for(state="attached")  # the page hears of it a moment later


def test_the_mail_frame_runs_one_script_of_ours_and_no_other(still_desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(still_desk.url + BENCH)
    frame = next(frame for frame in page.frames if "/view/" in frame.url)
    policy = page.request.get(frame.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert re.findall(r"script-src ([^;]*)", policy)[0].startswith("'sha256-")
    assert "allow-same-origin" not in policy
    assert page.evaluate("document.querySelector('#mail iframe').contentDocument") is None, "its origin is nobody's"
    blocked = frame.evaluate(
        """() => new Promise(done => {
          document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective))
          const script = document.createElement("script")
          script.textContent = "window.ran = true"
          document.body.append(script)
        })"""
    )
    assert blocked == "script-src-elem"
    sent = page.request.get(f"{still_desk.url}{BENCH}/email.html").text()
    assert "<script" not in sent
    assert "data-digest-post" not in sent
