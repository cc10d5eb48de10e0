"""An editor adds a source by its site's address, sees what it would bring, and pauses it. On a desk, and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from digest.model import Source
from digest.settings import load_settings
from digest.steps.collecting.edit_settings import append_sources
from tests.browser.axe import ALL, axe_source, violations
from tests.web.desk_server import ServedDesk
from tests.web_of_feeds import Item, Reply, Web, rss

NewPage = Callable[..., Any]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


@pytest.mark.thorough
def test_a_source_is_added_by_its_site_seen_and_paused(desk: ServedDesk, new_page: NewPage, web: Web) -> None:
    posts = [Item("We are hiring a service designer"), Item("Open data standards for councils")]
    feed = web.say("/blog/feed", rss(*posts, title="Council & co"))
    site = web.say("/blog/", Reply(f'<link rel="alternate" type="application/rss+xml" href="{feed}"><p>Hello</p>'))
    path = desk.context.settings.path
    page = new_page()
    page.add_init_script(axe_source())
    page.goto(desk.url)
    page.get_by_role("link", name="Sources", exact=True).click()
    page.get_by_label("Address of a site or feed").fill(site)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("heading", name="What Council & co would bring").wait_for()
    row = page.get_by_role("listitem").filter(has_text="hiring a service designer")
    assert row.locator(".badge").inner_text() == "Recruitment"
    page.wait_for_load_state()
    assert violations(page, ALL) == []
    assert "Council" not in path.read_text("utf-8")

    page.get_by_label("Its posts usually belong to").select_option("civic-tech")
    page.get_by_role("button", name="Add this source").click()
    page.get_by_role("heading", name="Council & co").wait_for()
    assert page.get_by_role("status").first.inner_text().startswith("Added Council & co.")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Follow it again").wait_for()
    added = next(source for source in load_settings(path).sources if source.name == "Council & co")
    assert (added.feed, added.theme, added.active) == (feed, "civic-tech", False)

    page.goto(desk.url + "/sources/Plainspoken")
    page.get_by_label("CSS selector").fill("article p")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("heading", name="With article p").wait_for()
    page.wait_for_load_state()
    assert violations(page, ALL) == []


@pytest.mark.thorough
def test_no_page_scrolls_sideways_at_320_pixels(desk: ServedDesk, new_page: NewPage) -> None:
    names = ["x" * 200, "A/B 100% “q” <b>", "مصدر الأخبار " * 9]
    append_sources(desk.context.settings.path, [Source(name, f"https://h{n}.example/") for n, name in enumerate(names)])
    page = new_page(width=320, scripts=False)
    for path in ("/", "/sources", "/sources/Plainspoken", f"/sources/{'x' * 200}", "/subscribers", "/learned"):
        assert page.goto(desk.url + path).status == 200
        width = page.locator("html").evaluate("e => e.scrollWidth")
        assert width <= 320, path
