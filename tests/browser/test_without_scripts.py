"""Without scripts: whichever way an editor goes on from a half-written text, the text is there again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"


@pytest.mark.thorough
def test_views_and_posts_carry_what_was_typed(desk: ServedDesk, new_page: Callable[..., Any]) -> None:
    page = new_page(scripts=False, width=1280)
    page.goto(desk.url + BENCH)
    box = page.get_by_role("textbox", name="Introduction")
    views = page.get_by_role("navigation", name="Views of the mail")
    assert page.get_by_role("link", name="Phone").count() == 0, "a link would lose the text"
    posts, panel = page.locator("#themes"), page.locator("#panel")
    ways = (
        (views, "Phone"),
        (posts, "Testing the bin day finder"),
        (panel, "Next post"),
        (panel, "Posts"),
        (posts, "Move to… Testing the bin day finder"),
        (views, "Dark"),
    )
    for number, (place, name) in enumerate(ways):
        box.fill(f"Half a sentence, {number}")
        with page.expect_navigation():
            place.get_by_role("button", name=name).first.click()
        assert box.input_value() == f"Half a sentence, {number}", name
    assert "view=dark" in page.url
    assert views.locator("button[aria-current]").inner_text() == "Dark"
    assert page.locator("#panel").get_by_role("heading", name="Testing the bin day finder").count() == 1
    assert desk.edition.introduction == "", "looking applies nothing"


@pytest.mark.thorough
def test_with_scripts_there_is_one_way_to_each_post(still_desk: ServedDesk, new_page: Callable[..., Any]) -> None:
    page = new_page(width=1280)
    page.goto(still_desk.url + BENCH)
    page.locator(".line-link").first.click()
    page.get_by_role("group", name="The article, with its summary marked").wait_for()
    page.get_by_role("link", name="Phone").click()
    page.locator(".frame-phone").wait_for()
    assert page.locator("noscript").count() == 0
    assert page.locator("button.bare").count() == 0
