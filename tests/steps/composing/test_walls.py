"""Walls on the way to an edition: no summary, no copies, a reason, and a line in the source's health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import EditionPost
from digest.settings import parse_settings
from digest.steps.collecting.collect import collect
from digest.steps.collecting.source_health import source_health
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.store.engine import Store
from digest.week import Week
from tests.web_of_feeds import Item, Reply, Web, rss

WEEK = Week.parse("2019-W12")
TUESDAY = datetime(2019, 3, 19, 10, tzinfo=UTC)
STORY = " ".join(f"The clerk counted {n} boats in the harbour and wrote the number in the book." for n in range(20, 36))
WALL = (
    "<h1>Your choices about cookies</h1><p>We and our partners keep information on your device to measure how our"
    " pages are read. You may say no to all of it, and you may change your mind on any later day of your choice.</p>"
    "<p>What you choose is kept for a year, and holds for each page of this site that you may come to read.</p>"
)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as serving:
        yield serving


def page(body: str) -> Reply:
    return Reply(f"<!doctype html><html><body>{body}</body></html>", headers={"Content-Type": "text/html"})


def composed(store: Store, web: Web, folder: Path, feeds: dict[str, list[Item]]) -> tuple[Context, list[EditionPost]]:
    text = '[newsletter]\ntitle = "T"\nfrom = "d@e.org"\n[collect]\nallow_networks = ["127.0.0.0/8"]\nretries = 0\n'
    for name, items in feeds.items():
        text += f'[[sources]]\nname = "{name}"\nfeed = "{web.say(f"/{name}", rss(*items))}"\n'
    settings = parse_settings(text, path=folder / "digest.toml")
    context = Context(settings, store, lambda: TUESDAY + timedelta(days=6))
    collect(context)
    return context, list(compose(context, WEEK).edition.posts)


def test_wall_is_no_summary_and_says_so(store: Store, web: Web, tmp_path: Path) -> None:
    lines = {"/a": "The hall opens on Monday.", "/b": ""}
    for path in lines:
        web.say(path, page(WALL))
    items = [Item(f"Hall {path}", web.url(path), path, TUESDAY, line) for path, line in lines.items()]
    context, posts = composed(store, web, tmp_path, {"Town": items})
    assert {post.title: post.summary for post in posts} == {"Hall /a": ("The hall opens on Monday.",), "Hall /b": ()}
    assert all("the page shows a cookie wall" in post.because for post in posts)
    (health,) = source_health(context)
    assert health.walls == "2 of its latest pages show a cookie wall"
    assert "ask the site" in health.advice


def test_same_page_for_two_sources_makes_no_copies(store: Store, web: Web, tmp_path: Path) -> None:
    story = page(f"<main><p>{STORY}</p></main>")
    web.say("/a", story)
    with Web(address="127.0.0.2") as other:
        other.say("/b", story)
        feeds = {
            "Town": [Item("A new head of libraries", web.url("/a"), "a", TUESDAY)],
            "Port": [Item("Flood gates at the harbour", other.url("/b"), "b", TUESDAY)],
        }
        _, posts = composed(store, web, tmp_path, feeds)
    assert len(posts) == 2


@pytest.mark.parametrize(("titles", "excerpt"), [(("Boats", "Boats!"), ""), (("One", "Two"), STORY[:150])])
def test_same_page_with_one_title_or_one_excerpt_is_a_copy(
    store: Store, web: Web, tmp_path: Path, titles: tuple[str, str], excerpt: str
) -> None:
    story = page(f"<main><p>{STORY}</p></main>")
    web.say("/a", story)
    with Web(address="127.0.0.2") as other:
        other.say("/b", story)
        feeds = {
            "Town": [Item(titles[0], web.url("/a"), "a", TUESDAY, excerpt)],
            "Port": [Item(titles[1], other.url("/b"), "b", TUESDAY, excerpt)],
        }
        _, posts = composed(store, web, tmp_path, feeds)
    assert len(posts) == 1


def test_one_text_on_several_pages_of_a_host_is_no_article(store: Store, web: Web, tmp_path: Path) -> None:
    titles = {"/a": "Ferries", "/b": "Bridges", "/c": "Tunnels"}
    for number, path in enumerate(titles):
        web.say(path, page(f"<main><p>{STORY}</p><p>Request {number}</p></main>"))
    items = [Item(title, web.url(path), path, TUESDAY, f"{title} are open.") for path, title in titles.items()]
    _, posts = composed(store, web, tmp_path, {"Town": items})
    assert {post.summary for post in posts} == {(f"{title} are open.",) for title in titles.values()}
    assert all("the page shows the same text for several posts" in post.because for post in posts)
