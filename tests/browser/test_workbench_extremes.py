"""The workbench under a finger, at 400 %, with hostile words, and the ways between its parts, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.edition.editing.change import Verb
from tests.browser.test_workbench import elsewhere, lines, mail, order, settle
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import SESSIONS, ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"
NewPage = Callable[..., Any]

HOSTILE = (
    '<img src=x onerror="document.body.dataset.owned=1"></title></textarea>'
    "<script>document.body.dataset.owned=1</script> {{ 7*7 }} {% raw %} \u202eesrever\u202c 🤔🏽 =HYPERLINK(1)"
)


@pytest.fixture(scope="module")
def shared(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path_factory.mktemp("shared")) as desk:
        yield desk


@pytest.mark.thorough
def test_a_finding_leads_to_its_box_and_goes_when_mended(shared: ServedDesk, new_page: NewPage) -> None:
    elsewhere(shared, Verb.SUBJECT, text="RE: WIN CASH NOW!!")
    page = new_page()
    page.goto(shared.url + BENCH)
    page.get_by_role("button", name="finding").click()
    about = page.locator("#findings .finding", has_text="reply or a forwarded mail")
    about.get_by_role("link", name="Go to the subject").click()
    page.locator("#findings").wait_for(state="hidden")
    box = page.get_by_role("textbox", name="Subject")
    assert page.evaluate("document.activeElement.id") == "subject"
    box.fill("What councils learnt")
    box.press("Enter")
    page.locator("#toast").get_by_text("Subject saved").wait_for()
    assert about.count() == 0
    elsewhere(shared, Verb.SUBJECT)

    # A post: it is opened.
    post = shared.post("bin day").id
    elsewhere(shared, Verb.TITLE, post, text="Here")
    page.reload()
    page.get_by_role("button", name="finding").click()
    page.locator("#findings .finding", has_text="“Here”").get_by_role("link", name="Open the post").click()
    page.locator(f"#panel[data-post='{post}']").wait_for()
    elsewhere(shared, Verb.TITLE, post)


@pytest.mark.thorough
def test_a_sentence_of_a_title_only_post_makes_it_a_full_one(shared: ServedDesk, new_page: NewPage) -> None:
    post = shared.post("bin day").id
    elsewhere(shared, Verb.SHORT, post)
    page = new_page()
    page.goto(f"{shared.url}{BENCH}?post={post}")
    page.locator("#panel input[name=sentence]").first.check()
    page.locator("#toast").get_by_text("shown in full now").wait_for()
    settle(page)
    shown = next(each for each in shared.edition.posts if each.id == post)
    assert (shown.short, len(shown.summary)) == (False, 1)
    mail(page).get_by_text(shown.summary[0][:40]).first.wait_for()
    elsewhere(shared, Verb.SUMMARISE, post)
    elsewhere(shared, Verb.AUTO, post)


@pytest.mark.thorough
def test_a_test_that_fails_leaves_its_sheet_and_its_words_as_they_are(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(shared.url + BENCH)
    page.get_by_role("button", name="Approve…").first.click()
    page.get_by_text("Send a test", exact=True).click()
    to, note = page.get_by_label("Send a test to"), page.get_by_label("Note above the test")
    to.fill("ada@example.org, nobody")
    note.fill("Look at the lead")
    page.get_by_role("button", name="Send test").click()
    page.locator("#toast").get_by_text("“nobody” is not an address").wait_for()
    assert page.locator("#approve").evaluate("each => each.matches(':popover-open')")
    assert (to.input_value(), note.input_value()) == ("ada@example.org, nobody", "Look at the lead")
    toast = page.locator("#toast .toast").bounding_box()
    above = "([x, y]) => Boolean(document.elementFromPoint(x, y)?.closest('.toast'))"
    assert page.evaluate(above, [toast["x"] + 20, toast["y"] + 10]), "nothing hides what went wrong"
    to.fill("ada@example.org\nbo@example.org")
    page.get_by_role("button", name="Send test").click()
    page.locator("#toast").get_by_text("Test sent to bo@example.org").wait_for()
    assert [mails.recipients[0] for mails in shared.mailbox.messages()] == ["bo@example.org", "ada@example.org"]


@pytest.mark.thorough
def test_a_subscribers_view_names_nobody_in_the_address(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(shared.url + BENCH)
    page.get_by_role("textbox", name="Introduction").fill("Half a")
    page.get_by_label("As subscriber", exact=True).fill("ada@example.org")
    page.get_by_label("As subscriber", exact=True).press("Enter")
    page.locator("#as-why", has_text="As ada@example.org gets it").wait_for()
    assert "as=" in page.url
    assert "ada" not in page.url + page.locator("#frame iframe").get_attribute("src")
    assert page.get_by_role("textbox", name="Introduction").input_value() == "Half a"
    page.reload()
    page.locator("#as-why", has_text="As ada@example.org gets it").wait_for()
    page.get_by_role("link", name="Show the whole mail").click()
    page.locator("#as-why", has_text="As ada@example.org gets it").wait_for(state="detached")
    assert "as=" not in page.url


@pytest.mark.thorough
def test_a_finger_drags_a_post(shared: ServedDesk, new_page: NewPage, browser: Any) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 667}, has_touch=True, is_mobile=True)
    context.add_cookies(
        [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in SESSIONS.items()]
    )
    try:
        page = context.new_page()
        page.goto(shared.url + BENCH)
        first, second, third, *_ = order(shared)
        grip = page.locator(f"#post-{third} .grip").bounding_box()
        goal = page.locator(f"#post-{first}").bounding_box()
        x, y, end = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2, goal["y"] + 3
        touch = context.new_cdp_session(page)
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in range(1, 6):
            point = {"x": x, "y": y + (end - y) * step / 5}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.get_by_text("to place 1 of").first.wait_for()
        settle(page)
        assert order(shared)[:3] == lines(page)[:3] == [third, first, second]
    finally:
        context.close()
    elsewhere(shared, Verb.UNPLACE, third)


@pytest.mark.thorough
def test_at_400_percent_everything_is_there_and_nothing_scrolls_sideways(shared: ServedDesk, new_page: NewPage) -> None:
    """1280 × 1024 at 400 % is 320 × 256 (WCAG 1.4.10): no bar may take the whole of it."""
    page = new_page(width=320)
    page.set_viewport_size({"width": 320, "height": 256})
    post = order(shared)[1]
    for path in (BENCH, f"{BENCH}?post={post}", f"{BENCH}?view=text", f"{BENCH}/history", "/", "/sources"):
        page.goto(shared.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        fixed = """() => [...document.querySelectorAll("body *")]
          .filter(each => ["fixed", "sticky"].includes(getComputedStyle(each).position) && each.offsetHeight)
          .reduce((sum, each) => sum + Math.max(0, Math.min(256, each.getBoundingClientRect().bottom)
            - Math.max(0, each.getBoundingClientRect().top)), 0)"""
        assert page.evaluate(fixed) <= 128, f"{path}: bars take more than half of the window"
    page.goto(shared.url + BENCH)
    page.locator(".line-link").nth(1).click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    page.get_by_role("button", name="Approve…").last.click()
    page.get_by_text("Goes to", exact=True).wait_for()
    box = page.locator("#approve").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


@pytest.mark.thorough
def test_hostile_words_in_each_box_are_only_words(shared: ServedDesk, new_page: NewPage) -> None:
    post = shared.post("bin day").id
    page = new_page()
    page.goto(f"{shared.url}{BENCH}?post={post}")
    boxes = ("Subject", "Preheader", "Introduction", "Title", "Note")
    for name in boxes:
        page.get_by_role("textbox", name=name, exact=True).fill(HOSTILE)
        page.get_by_role("textbox", name=name, exact=True).blur()
        settle(page)
    mail(page).locator("a", has_text="esrever").first.wait_for()
    places = [
        page.url,
        f"{shared.url}{BENCH}/history",
        f"{shared.url}{BENCH}?view=text",
        f"{shared.url}/search?q=esrever",
    ]
    for place in places:
        page.goto(place)
        page.wait_for_timeout(200)
        assert page.evaluate("document.body.dataset.owned || ''") == "", place
        assert "49" not in page.locator("main").inner_text() or "7*7" in page.content()
    frame = page.goto(f"{shared.url}{BENCH}/view/light")
    assert frame.status == 200
    assert page.evaluate("document.body.dataset.owned || ''") == ""
    assert page.locator("img[src=x], script[src]").count() == 0
    for verb in (Verb.SUBJECT, Verb.PREHEADER, Verb.INTRODUCTION):
        elsewhere(shared, verb)
    for verb in (Verb.TITLE, Verb.NOTE):
        elsewhere(shared, verb, post)
