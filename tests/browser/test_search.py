"""The box "Find or add a post" in a real browser: search, bring in, undo; an address, added, in the mail."""

from __future__ import annotations

from typing import Any

import pytest

from digest.edition.editing.change import Change, Verb
from digest.steps.editing.changes import change
from tests.browser.axe import ALL, axe_source, violations
from tests.browser.test_editors_path import BENCH, NewPage, elsewhere, watch
from tests.browser.test_workbench import until
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk
from tests.web_of_feeds import Reply, Web

# Other announcements, such as that the links are checked, may come right after the one that a test waits for.
HEAR = """addEventListener("DOMContentLoaded", () => {
  window.heard = []
  const live = document.getElementById("live")
  if (live) new MutationObserver(() => heard.push(live.textContent)).observe(live, {childList: true})
})"""


def box(page: Any) -> Any:
    return page.get_by_role("searchbox", name="Find or add a post")


def in_mail(page: Any, words: str) -> Any:
    return page.frame_locator("#mail iframe").get_by_role("link", name=words).first


@pytest.mark.thorough
def test_find_bring_in_undo_and_add(desk: ServedDesk, new_page: NewPage) -> None:
    post = desk.post("bin day")
    elsewhere(lambda: change(desk.context, WEEK, Change(Verb.DROP, post.id, "too long"), by="Ann"))
    page = new_page()
    page.add_init_script(axe_source())
    page.add_init_script(HEAR)
    wrong = watch(page, desk.url)
    page.goto(desk.url + BENCH)
    page.keyboard.press("/")
    page.keyboard.type("residents bin")
    page.get_by_text("Left out of this edition: dropped by the editor: too long.").wait_for()
    until(page, "window.heard?.includes('1 post found.')")
    assert violations(page, ALL) == []
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == f"Bring in {post.title}"
    page.keyboard.press("Enter")
    page.get_by_text(f"Brought in “{post.title}”.").first.wait_for()
    in_mail(page, post.title).wait_for()
    page.get_by_role("button", name="Undo").click()
    in_mail(page, post.title).wait_for(state="detached")
    assert box(page).input_value() == ""

    with Web() as web:
        text = "".join(f"<p>The reading room of the archive opened in the year {year} again.</p>" for year in (1, 2, 3))
        html = f"<html><head><title>Archive &lt;i&gt; news</title></head><body><article>{text}</article></body></html>"
        url = web.say("/archive", Reply(html, headers={"Content-Type": "text/html"}))
        page.goto(desk.url + BENCH)
        box(page).fill(web.url("/nothing"))
        page.get_by_role("button", name="Add this page to week 10").click()
        page.get_by_text("has nothing at this address").wait_for()
        assert box(page).input_value() == web.url("/nothing"), "it can be mended"
        assert violations(page, ALL) == []
        box(page).fill(url)
        page.get_by_role("button", name="Add this page to week 10").click()
        page.get_by_text("Added “Archive <i> news” (127.0.0.1, no date, so today’s)").first.wait_for()
        page.get_by_role("heading", name="Archive <i> news").wait_for()
        in_mail(page, "Archive <i> news").wait_for()
        page.keyboard.press("Escape")
        box(page).fill(url)
        page.get_by_role("link", name="Go to it").click()
        page.get_by_role("heading", name="Archive <i> news").wait_for()
    assert [line for line in wrong if "409" not in line] == []


@pytest.mark.thorough
def test_the_bookmarklet_prefills_and_scripts_are_not_needed(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + "/search")
    script = page.get_by_role("link", name="Add to The Test Digest").get_attribute("href")
    assert script.startswith("javascript:")
    before = desk.edition.revision
    with Web() as web:
        text = "<p>The reading room of the archive opened again.</p>" * 2
        html = f"<html><head><title>Archive</title></head><body><article>{text}</article></body></html>"
        url = web.say("/there?a=1&b=2", Reply(html, headers={"Content-Type": "text/html"}))
        page.goto(url)
        page.evaluate(script.removeprefix("javascript:"))
        page.get_by_role("heading", name="Find or add a post").wait_for()
        page.wait_for_url("**/search?q=*")
        assert box(page).input_value() == url
        assert desk.edition.revision == before
        plain = new_page(scripts=False, width=390)
        plain.goto(page.url)
        plain.get_by_role("button", name="Add this page to week 10").click()
        plain.get_by_text("Added “Archive”").wait_for()
        with plain.expect_navigation():
            plain.get_by_role("button", name="Undo").click()
        assert "Archive" not in {post.title for post in desk.edition.posts}
