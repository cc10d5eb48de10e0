"""The workbench in a real browser: a story for each thing that an editor does there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from digest.edition.editing.change import Change, Verb
from digest.steps.composing.compose import recompose
from digest.steps.context import Context
from digest.steps.editing.changes import change
from digest.steps.picture_files import keep_picture
from digest.store import pictures
from digest.store.pictures import PictureRow
from digest.store.schema import posts
from tests.browser.axe import ALL, axe_source, violations
from tests.steps.composing.picture_site import photo
from tests.steps.newsletter_setup import NOW, WEEK
from tests.web.desk_server import ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"
NewPage = Callable[..., Any]


@pytest.fixture(scope="module")
def shared(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """One desk for all stories that put back what they change, or do not care about it."""
    with serve_desk(composed_week, tmp_path_factory.mktemp("shared")) as desk:
        yield desk


def elsewhere(desk: ServedDesk, verb: Verb, post: str = "", **values: Any) -> None:
    """Make a change as somebody else, in a thread: Playwright's event loop has this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: change(desk.context, WEEK, Change(verb, post, **values), by="Bo")).result()


def order(desk: ServedDesk) -> list[str]:
    return [post.id for post in desk.edition.posts]


def lines(page: Any) -> list[str]:
    found: list[str] = page.locator("#themes .line[data-post]:visible").evaluate_all(
        "all => all.map(e => e.dataset.post)"
    )
    return found


def focused(page: Any) -> str:
    post: str = page.evaluate("document.activeElement.closest('[data-post]')?.dataset.post || ''")
    return post


def settle(page: Any) -> None:
    page.locator("#bench:not([aria-busy])").wait_for()


def until(page: Any, script: str) -> None:
    """Wait until a script says yes; the page's policy lets no text be evaluated in it later."""
    for _ in range(100):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(script)


def mail(page: Any) -> Any:
    return page.frame_locator("#frame iframe")


def at_top(page: Any) -> str:
    """The post whose heading is the first one in the mail's window."""
    frame = next(frame for frame in page.frames if "/view/" in frame.url)
    post: str = frame.evaluate(
        """() => [...document.querySelectorAll("[data-digest-post]")]
          .find(each => each.getBoundingClientRect().top >= 0)?.dataset.digestPost || ''"""
    )
    return post


def test_the_first_post_is_on_the_first_screen_and_a_post_takes_one_line(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(shared.url + BENCH)
    boxes = [line.bounding_box() for line in page.locator("#themes .line").all()]
    assert boxes[0]["y"] + boxes[0]["height"] < 300
    assert max(box["height"] for box in boxes) <= 32, "forty of them fit into two screens"
    assert page.locator(".bar").bounding_box()["height"] <= 52
    frame = page.locator("#frame iframe").bounding_box()
    assert frame["width"] >= 640, "the mail is as wide as it is designed"
    assert page.evaluate("document.documentElement.scrollHeight") <= 720, "its halves scroll by themselves"


@pytest.mark.thorough
def test_order_by_hand_with_mouse_keys_and_a_form(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + BENCH)
    first, second, third, *_ = order(desk)
    grip = page.locator(f"#post-{third} .grip")
    page.locator(f"#post-{third}").hover()
    box, target = grip.bounding_box(), page.locator(f"#post-{first}").bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 20, steps=4)
    page.mouse.move(target["x"] + 20, target["y"] + 2, steps=4)
    page.mouse.up()
    assert lines(page)[:3] == [third, first, second], "shown at once"
    page.get_by_text("to place 1 of").first.wait_for()
    settle(page)
    assert order(desk)[:3] == [third, first, second]
    assert focused(page) == third

    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    settle(page)
    assert order(desk)[:3] == lines(page)[:3] == [first, second, third]
    assert focused(page) == third, "the focus stays on the post"

    page.keyboard.press("m")
    page.get_by_label("Move to", exact=True).select_option("recruitment:")
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_text("to Recruitment").first.wait_for()
    settle(page)
    assert desk.edition.sections[-1].theme == "recruitment"
    assert page.locator("#theme-recruitment .line").count() == 1
    themes = [section.theme for section in desk.edition.sections]
    page.get_by_role("link", name="Posts", exact=True).first.click()
    page.locator("#theme-recruitment .theme-head").hover()
    page.get_by_role("button", name="Move the theme Recruitment up").click()
    page.get_by_text("Themes in this order").first.wait_for()
    settle(page)
    assert [section.theme for section in desk.edition.sections] != themes


def test_keys(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + BENCH)
    first, second, third, *_ = order(desk)
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == second
    page.keyboard.press("k")
    assert focused(page) == first
    page.keyboard.press("p")
    page.locator(f"#post-{first}").get_by_role("button", name="Unpin").wait_for(state="attached")
    settle(page)
    assert focused(page) == first
    page.keyboard.press("d")
    assert first not in lines(page), "at once"
    assert focused(page) == second
    page.locator("#toast").get_by_text("Dropped").wait_for()
    settle(page)
    assert first not in order(desk)
    page.keyboard.press("Control+z")
    page.locator("#toast").get_by_text("Undone").wait_for()
    settle(page)
    assert order(desk)[0] == first
    page.locator(f"#post-{second} .line-link").focus()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    page.keyboard.press("j")
    page.locator(f"#panel[data-post='{third}']").wait_for()
    page.get_by_role("textbox", name="Title").fill("")
    page.get_by_role("textbox", name="Title").press_sequentially("dhpjkz?")
    assert page.get_by_role("textbox", name="Title").input_value() == "dhpjkz?", "never while somebody types"
    assert third in order(desk)
    page.get_by_role("textbox", name="Title").blur()
    page.keyboard.press("Escape")
    page.locator("#panel").wait_for(state="hidden")
    assert focused(page) == third
    page.keyboard.press("h")
    page.locator("#toast").get_by_text("for the next edition").wait_for()
    settle(page)
    assert third not in order(desk)


def test_outline_and_mail_follow_each_other(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(shared.url + BENCH)
    mail(page).locator("[data-digest-post]").first.wait_for()
    posts = [post for section in shared.edition.sections for post in section.posts if not post.short]
    post = posts[3]
    page.locator(f"#post-{post.id} .line-link").focus()
    page.wait_for_timeout(300)
    assert at_top(page) == post.id
    other = posts[4]
    mail(page).locator(f'[data-digest-post="{other.id}"]').click()
    page.locator(f"#post-{other.id}.line-current").wait_for()
    assert len(page.context.pages) == 1, "the link chooses the post"

    page.locator(f"#post-{post.id} .line-link").click()
    page.get_by_role("textbox", name="Title").fill("A title of ours")
    page.get_by_role("button", name="Save title").click()
    mail(page).get_by_text("A title of ours").wait_for()
    mail(page).locator(".digest-changed").first.wait_for(state="attached")
    assert at_top(page) == post.id, "the mail keeps its place"
    elsewhere(shared, Verb.TITLE, post.id)


def test_a_failing_request_keeps_the_page(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(shared.url + BENCH)
    post = order(shared)[0]
    page.locator(f"#post-{post} .line-link").focus()
    page.route(re.compile("/drop$"), lambda route: route.abort())
    page.keyboard.press("d")
    page.get_by_text("The desk does not answer, so this is not saved").first.wait_for()
    assert lines(page)[0] == post, "taken back"
    assert focused(page) == post
    assert order(shared)[0] == post


def test_a_post_that_was_closed_meanwhile_stays_closed(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    post = shared.post("bin day").id
    page.goto(f"{shared.url}{BENCH}?post={post}")
    on_the_way: list[Any] = []

    def hold(route: Any) -> None:
        on_the_way.append(route)

    page.route(re.compile("/title$"), hold)
    page.get_by_role("textbox", name="Title").fill("Saved on leaving")
    page.get_by_role("textbox", name="Title").blur()
    while not on_the_way:
        page.wait_for_timeout(50)
    page.keyboard.press("Escape")
    on_the_way[0].continue_()
    page.locator(f"#post-{post}", has_text="Saved on leaving").wait_for()
    settle(page)
    assert page.locator("#panel").is_hidden()
    elsewhere(shared, Verb.TITLE, post)


def test_a_clash_shows_both_and_asks(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.route(re.compile("/changes"), lambda route: route.abort())  # before it has heard of it
    post = shared.post("bin day").id
    page.goto(f"{shared.url}{BENCH}?post={post}")
    elsewhere(shared, Verb.TITLE, post, text="Theirs")
    page.get_by_role("textbox", name="Title").fill("Mine")
    page.get_by_role("button", name="Save title").click()
    page.locator("#toast").get_by_text("It is now “Theirs”. Yours is “Mine”.").wait_for()
    assert page.locator("#panel .clash blockquote").inner_text() == "Theirs"
    assert page.get_by_role("textbox", name="Title").input_value() == "Mine", "it is not lost"
    page.get_by_role("button", name="Use mine").click()
    page.locator("#panel .clash").wait_for(state="detached")
    assert next(each for each in shared.edition.posts if each.id == post).title == "Mine"
    elsewhere(shared, Verb.TITLE, post)


@pytest.mark.thorough
def test_a_clash_about_a_place_shows_both_and_asks(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.route(re.compile("/changes"), lambda route: route.abort())
    page.goto(shared.url + BENCH)
    first, second, third, *_ = order(shared)
    elsewhere(shared, Verb.PLACE, second, place=0)
    page.locator(f"#post-{third} .line-link").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_text("Bo changed the order").wait_for()
    assert lines(page)[:3] == [second, first, third], "taken back, and as it is now"
    page.get_by_role("link", name="Keep theirs").click()
    page.locator(".clash").wait_for(state="detached")
    assert order(shared)[:3] == [second, first, third]
    elsewhere(shared, Verb.UNPLACE, first)


def test_other_peoples_changes_appear_by_themselves(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(shared.url + BENCH)
    post = shared.post("bin day").id
    page.get_by_role("textbox", name="Subject").fill("Half a sub")
    elsewhere(shared, Verb.TITLE, post, text="Bins by Bo")
    page.locator(f"#post-{post}", has_text="Bins by Bo").wait_for(timeout=8_000)
    page.get_by_text("Bo changed the edition.").first.wait_for()
    mail(page).get_by_role("link", name="Bins by Bo").wait_for()
    assert page.get_by_role("textbox", name="Subject").input_value() == "Half a sub"
    elsewhere(shared, Verb.TITLE, post)


def test_on_a_phone_a_bar_leads_from_posts_to_post_to_mail(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page(width=320)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(shared.url + BENCH)
    jump = page.get_by_role("navigation", name="Parts of the workbench")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator(".line-link").nth(2).click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    jump.get_by_role("link", name="Mail").click()
    until(page, "document.querySelector('#mail').getBoundingClientRect().top < 200")
    assert page.locator("#frame iframe").bounding_box()["height"] > 400
    jump.get_by_role("link", name="Post", exact=True).click()
    until(page, "document.querySelector('#panel').getBoundingClientRect().top < 200")
    jump.get_by_role("link", name="Posts").click()
    until(page, "document.querySelector('#outline').getBoundingClientRect().top > -50")
    jump.get_by_role("button", name="Approve…").click()
    page.locator("#approve").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_change_without_scripts_can_be_undone(shared: ServedDesk, new_page: NewPage) -> None:
    page = new_page(scripts=False)
    page.goto(shared.url + BENCH)
    post, *_ = order(shared)
    page.locator(f"#post-{post} button.line-link").click()
    page.locator("#panel").get_by_role("button", name="Drop", exact=True).click()
    page.locator("#toast").get_by_text("Dropped").wait_for()
    assert post not in order(shared)
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    assert order(shared)[0] == post


STATES = {
    "an opened post": "document.querySelector('.line-link').click()",
    "keys": "document.getElementById('keys').showPopover()",
    "findings": "document.getElementById('findings').showPopover()",
    "approval": "document.getElementById('approve').showPopover()",
    "left out": "for (const each of document.querySelectorAll('.group')) each.open = true",
    "a toast": "document.querySelector('[data-verb=pin]').click()",
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("width", "scheme", "colours"),
    [
        (1280, "light", "none"),
        (320, "dark", "none"),
        (1280, "light", "active"),
    ],
)
def test_axe_finds_nothing_in_any_state(
    shared: ServedDesk, new_page: NewPage, width: int, scheme: str, colours: str
) -> None:
    page = new_page(width=width, scheme=scheme)
    page.emulate_media(forced_colors=colours, color_scheme=scheme, reduced_motion="reduce")
    page.add_init_script(axe_source())
    wrong = {}
    for state, script in STATES.items():
        page.goto(shared.url + BENCH)
        page.evaluate(script)
        page.wait_for_timeout(200)
        settle(page)
        if broken := violations(page, ALL):
            wrong[state] = broken
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong[f"{state}, width"] = ["scrolls sideways"]
    assert wrong == {}


@pytest.mark.thorough
def test_a_picture_is_seen_described_and_left_out(composed_week: Path, tmp_path: Path, new_page: NewPage) -> None:
    tables = {"newsletter": {"public_url": "https://digest.nowhere.example"}, "design": {"images": True}}
    with serve_desk(composed_week, tmp_path / "pictured", tables=tables) as desk:
        lead = next(post for post in desk.edition.posts if not post.short)
        with_picture(desk.context, lead.id)
        page = new_page()
        page.add_init_script(axe_source())
        page.goto(f"{desk.url}{BENCH}?post={lead.id}")
        image = page.frame_locator("#frame iframe").locator("img[src^='/archive/images/']")
        image.wait_for()
        until(page, "document.querySelector('.picture img').complete")
        assert page.locator(".picture img").evaluate("image => image.naturalWidth") == 1200
        assert image.evaluate("image => image.complete && image.naturalWidth") == 1200, "the frame may load it"
        assert "https://digest.nowhere.example/archive/images/" in desk.view.rendered.html, "what is sent"
        page.get_by_label("Picture’s description").fill("A ferry at dusk")
        page.get_by_role("button", name="Save description").click()
        page.frame_locator("#frame iframe").get_by_alt_text("A ferry at dusk").wait_for()
        assert violations(page, ALL) == []
        page.get_by_role("button", name="Leave out the picture").click()
        page.get_by_role("button", name="Show the picture").wait_for()
        settle(page)
        assert page.frame_locator("#frame iframe").locator("img[src^='/archive/images/']").count() == 0


def with_picture(context: Context, post: str) -> None:
    """Give the post a picture, as if it had been fetched when the week was composed."""
    url = "https://plainspoken.example/ferry.jpg"
    name = keep_picture(context.settings, photo(1, 1200, 600), ".jpg")
    with context.store.writing() as connection:
        connection.execute(update(posts).where(posts.c.id == post).values(image=url))
        pictures.save(connection, [PictureRow(post, url, name, 1200, 600, 50_000, "", NOW)])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: recompose(context, WEEK, by="Edith")).result()
