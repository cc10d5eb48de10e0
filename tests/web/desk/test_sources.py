"""The desk's pages of sources: how they are, and what an editor changes in digest.toml with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import tomlkit

from digest.model import Source
from digest.settings import Secrets, Settings, load_settings
from digest.steps.collecting.edit_settings import append_sources
from digest.store import sources
from digest.store.schema import audit
from digest.store.sources import SourceState
from digest.web.desk.source_words import source_url
from digest.web.desk.who.texts_in_transit import safe_page
from tests.web.desk_server import ServedDesk, serve_desk
from tests.web_of_feeds import Item, Reply, Web, rss

HOSTILE = (
    'A/B 100% "q" <b>x</b>',
    "مصدر الأخبار",
    "..",
    "a?b#c&d",
    "add",
    "line\nbreak",
    "x" * 200,
    "{{ 7*7 }}",
    "https://evil.example/",
)
CONTENT = "<b>bold</b> & “q”\u202e"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def settings_of(desk: ServedDesk) -> Settings:
    return load_settings(desk.context.settings.path)


def source_of(desk: ServedDesk, name: str) -> Source:
    return next(source for source in settings_of(desk).sources if source.name == name)


def mark_in(page: str) -> str:
    match = re.search(r'name="seen" value="([0-9a-f]{16})"', page)
    assert match, page
    return match[1]


def site(web: Web, title: str = "A new blog") -> str:
    """Make a site whose page names its feed."""
    posts = [Item("We are hiring a service designer"), Item("Civic tech standards", html=CONTENT)]
    feed = web.say("/new/feed", rss(*posts, title=title))
    return web.say("/new/", Reply(f'<link rel="alternate" type="application/rss+xml" href="{feed}"><p>Hello</p>'))


def test_the_list_shows_what_needs_a_look_first_and_why(still_desk: ServedDesk) -> None:
    page = still_desk.page("/sources")
    assert re.search(r'Tidewater Transport Data</bdi></a>\s*<span class="badge tone-bad">Failing', page)
    assert "has nothing at this address (404)" in page
    assert page.index("Tidewater") < page.index("Plainspoken")
    assert re.search(r"Posts a week, the last 12 weeks: 0, (\d, ){10}3<", page)


def test_the_list_can_be_searched_with_any_words(still_desk: ServedDesk) -> None:
    page = still_desk.page("/sources?q=plainSPOKEN")
    assert "1 of 4 sources with" in page
    assert "Tidewater" not in page
    for words in ('"><script>alert(1)</script>', "{{ 7*7 }}", "%00", "x" * 3000, "\u202e"):
        answer = still_desk.client.get("/sources", params={"q": words, "page": words, "address": words})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    for path in (
        "/learned?page=%C2%B2",
        "/learned?page=-1",
        "/sources?page=99999999999",
        "/sources/?name=",
        "/sources/",
    ):
        assert still_desk.client.get(path).status_code in (200, 404)


def test_the_page_of_a_source_has_its_health_and_the_numbers_of_its_plot(still_desk: ServedDesk) -> None:
    page = still_desk.page("/sources/Plainspoken")
    assert "a post every 2 days" in page
    assert re.search(r'<th scope="row">to 9 Mar</th><td>3</td>', page)
    assert "Five things I learned" in page
    assert still_desk.client.get("/sources/Nobody").status_code == 404


def test_a_site_is_looked_at_before_it_is_added(desk: ServedDesk, web: Web) -> None:
    before = desk.context.settings.path.read_bytes()
    looked = desk.fill("/sources/look", address=site(web))
    assert looked.status_code == 200
    assert "What <bdi>A new blog</bdi> would bring" in looked.text
    assert re.search(r"We are hiring a service designer</bdi></span> <span class=\"badge\">Recruitment", looked.text)
    assert desk.context.settings.path.read_bytes() == before, "looking writes nothing"
    feed = web.url("/new/feed")
    desk.do("/sources/add", address=feed, name="New: the blog", theme="comms", seen=mark_in(looked.text))
    added = source_of(desk, "New: the blog")
    assert (added.feed, added.theme) == (feed, "comms")
    assert "New: the blog" in desk.page("/sources"), "the running desk follows the file"
    again = desk.fill("/sources/look", address=feed)
    assert "This feed is followed already" in again.text


@pytest.mark.thorough
def test_a_source_that_cannot_be_added_keeps_what_was_typed(desk: ServedDesk, web: Web) -> None:
    looked = desk.fill("/sources/look", address=site(web))
    desk.do("/sources/pause", source="Plainspoken", seen=mark_in(looked.text))
    feed = web.url("/new/feed")
    late = desk.fill("/sources/add", address=feed, name='My "name"', theme="comms", seen=mark_in(looked.text))
    assert late.status_code == 409
    assert "was changed meanwhile, so nothing was written" in late.text
    assert 'value="My &#34;name&#34;"' in late.text
    assert '<option value="comms" selected>' in late.text
    for name, theme in (("", ""), ("x" * 201, ""), ("A", "no-theme"), ("A", '"><b>')):
        answer = desk.fill("/sources/add", address=feed, name=name, theme=theme, seen=mark_in(late.text))
        assert answer.status_code == 422
        assert f'value="{name}"' in answer.text
    desk.do("/sources/add", address=feed, name='My "name"', theme="comms", seen=mark_in(late.text))
    assert source_of(desk, 'My "name"').feed == feed


def test_after_a_log_in_that_ended_the_fields_have_what_was_typed(composed_week: Path, tmp_path: Path) -> None:
    secrets = Secrets(_env_file=None, desk_password="correct horse")  # type: ignore[arg-type]
    with serve_desk(composed_week, tmp_path / "desk", secrets=secrets) as desk:
        for path, fields, place in (
            (
                "/sources/look",
                {"address": "https://a.example/?b=c"},
                "/sources?address=https%3A%2F%2Fa.example%2F%3Fb%3Dc",
            ),
            ("/sources/selector", {"source": "a/b", "selector": "p a"}, "/sources/a%2Fb?selector=p%20a"),
            ("/sources/pause", {"source": "Plainspoken"}, "/sources"),
            ("/learned/forget", {"lesson": "x"}, ""),
        ):
            answer = desk.client.post(path, data=fields, follow_redirects=False)
            assert answer.status_code == 303
            assert parse_qs(urlsplit(answer.headers["location"]).query).get("next", [""]) == [place]
            assert not place or safe_page(place) == place


def test_what_cannot_be_looked_at_says_why_and_keeps_what_was_typed(desk: ServedDesk, web: Web) -> None:
    nothing = web.say("/nothing/", Reply("<p>No feed</p>"))
    for address, words in (
        (nothing, "There is no feed at"),
        ("", "Write a site&#39;s address"),
        ('"><script>alert(1)</script>', "is not a web address"),
        ("/etc/passwd", "is not a web address"),
        ("http://10.0.0.1/", "is not on the public internet"),
        ("http://" + "x" * 5000 + ".example/", "is not a web address"),
    ):
        answer = desk.fill("/sources/look", address=address)
        assert answer.status_code == 422, address
        assert words in answer.text, address
        assert f'value="{escape(address)}"' in answer.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
        assert "<script>alert" not in answer.text


def test_pausing_and_following_again_is_one_click_each(desk: ServedDesk) -> None:
    mark = mark_in(desk.page("/sources/Plainspoken"))
    desk.do("/sources/pause", source="Plainspoken", seen=mark)
    assert not source_of(desk, "Plainspoken").active
    page = desk.page("/sources/Plainspoken")
    assert "Paused Plainspoken" in page
    desk.do("/sources/resume", source="Plainspoken", seen=mark_in(page))
    assert source_of(desk, "Plainspoken").active
    with desk.context.store.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.what == "source changed")).all()
    assert [(row.by, row.detail["field"], row.detail["after"]) for row in rows] == [
        ("Edith", "active", False),
        ("Edith", "active", True),
    ]


def test_two_editors_at_once_overwrite_nothing(desk: ServedDesk) -> None:
    mark = mark_in(desk.page("/sources/Plainspoken"))
    desk.do("/sources/theme", source="Plainspoken", theme="civic-tech", seen=mark)
    late = desk.fill("/sources/selector", source="Plainspoken", selector="article.late", seen=mark, do="save")
    assert late.status_code == 409
    assert "was changed meanwhile, so nothing was written" in late.text
    assert 'value="article.late"' in late.text, "what was typed is there"
    assert source_of(desk, "Plainspoken").selector == ""
    desk.do("/sources/selector", source="Plainspoken", selector="article.late", seen=mark_in(late.text), do="save")
    saved = source_of(desk, "Plainspoken")
    assert (saved.selector, saved.theme) == ("article.late", "civic-tech")


def test_a_move_is_accepted_by_one_click(desk: ServedDesk) -> None:
    source = source_of(desk, "Plainspoken")
    with desk.context.store.writing() as connection:
        state = sources.states(connection, ["Plainspoken"])["Plainspoken"]
        sources.save(connection, [replace(state, moved_to="https://new.example/feed")])
    page = desk.page("/")
    assert "Plainspoken has a new address: https://new.example/feed" in page
    mark = mark_in(page)
    refused = desk.fill("/sources/move", source="Plainspoken", feed="https://evil.example/", seen=mark)
    assert refused.status_code == 409
    assert source_of(desk, "Plainspoken") == source
    desk.do("/sources/move", source="Plainspoken", feed="https://new.example/feed", seen=mark)
    assert source_of(desk, "Plainspoken").feed == "https://new.example/feed"
    assert "has a new address" not in desk.page("/")


def test_a_selector_is_tried_on_a_stored_page_beside_reading_without(desk: ServedDesk) -> None:
    answer = desk.fill("/sources/selector", source="Plainspoken", selector="article p", do="try")
    assert answer.status_code == 200
    assert "With article p" in answer.text
    assert answer.text.index("With article p") < answer.text.index("Without")
    nothing = desk.fill("/sources/selector", source="Plainspoken", selector=".no-such", do="try")
    assert "The selector chooses nothing on this page" in nothing.text
    for wrong in ("p[", ":::", "x" * 501):
        refused = desk.fill("/sources/selector", source="Plainspoken", selector=wrong, do="try")
        assert refused.status_code == 422
        assert f'value="{wrong}"' in refused.text
    assert source_of(desk, "Plainspoken").selector == ""


def test_a_list_of_feeds_is_shown_row_by_row_and_added_when_agreed(desk: ServedDesk) -> None:
    known = source_of(desk, "Plainspoken").feed
    opml = f"""<?xml version="1.0" encoding="iso-8859-1"?><opml version="2.0"><body>
        <outline text="Known" xmlUrl="{known}"/><outline text="Caf\xe9 &lt;b&gt;" xmlUrl="https://cafe.example/feed"/>
        </body></opml>""".encode("latin-1")
    token = desk.tokens[0] if desk.tokens else desk._token()
    shown = desk.client.post("/sources/import", data={"token": token}, files={"file": ("a.opml", opml)})
    assert "1 would be added, 1 followed already" in shown.text
    assert "already followed as Plainspoken" in shown.text
    assert "Café &lt;b&gt;" in shown.text
    listed = re.search(r'name="list" value="([^"]*)"', shown.text)
    assert listed
    desk.do("/sources/import", list=unescape(listed[1]), seen=mark_in(shown.text))
    assert source_of(desk, "Café <b>").feed == "https://cafe.example/feed"
    exported = desk.client.get("/sources.opml")
    assert "attachment" in exported.headers["content-disposition"]
    assert "https://cafe.example/feed" in exported.text
    for bad in (b"", b"not xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><opml>&a;</opml>"):
        answer = desk.client.post("/sources/import", data={"token": token}, files={"file": ("a.opml", bad)})
        assert answer.status_code == 422, bad
    huge = desk.client.post("/sources/import", data={"token": token}, files={"file": ("a", b"x" * 7_000_000)})
    assert huge.status_code == 413


@pytest.fixture(scope="module")
def hostile_desk(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path_factory.mktemp("hostile")) as desk:
        feeds = [Source(name, f"https://h{n}.example/feed") for n, name in enumerate(HOSTILE)]
        append_sources(desk.context.settings.path, feeds)
        with desk.context.store.writing() as connection:
            states = [SourceState(each.name, each.feed, outcome="error", reason=CONTENT, failures=3) for each in feeds]
            sources.save(connection, states)
        yield desk


@pytest.mark.parametrize("name", HOSTILE)
def test_a_source_of_any_name_has_a_page_and_can_be_paused(hostile_desk: ServedDesk, name: str) -> None:
    assert f'href="{escape(source_url(name))}"' in hostile_desk.page("/sources")
    page = hostile_desk.page(source_url(name))
    assert "<b>" not in page
    hostile_desk.do("/sources/pause", source=name, seen=mark_in(page))
    assert not source_of(hostile_desk, name).active


def test_a_read_only_settings_file_says_so(desk: ServedDesk) -> None:
    mark = mark_in(desk.page("/sources/Plainspoken"))
    desk.context.settings.path.chmod(0o444)
    answer = desk.fill("/sources/pause", source="Plainspoken", seen=mark)
    assert answer.status_code == 422
    assert "is read-only, so nothing was written" in answer.text


def test_a_settings_file_that_cannot_be_used_leaves_the_desk_as_it_was(desk: ServedDesk) -> None:
    path = desk.context.settings.path
    text = path.read_text("utf-8")
    assert "Plainspoken" in desk.page("/sources")
    path.write_text(text + "\nnonsense = [", "utf-8")
    assert "cannot be used" in desk.page("/sources")
    assert "is not valid TOML" in desk.page("/")
    assert "Plainspoken" in desk.page("/sources")
    document = tomlkit.parse(text)
    document["newsletter"]["title"] = "Another title"
    path.write_text(tomlkit.dumps(document), "utf-8")
    assert "Another title" in desk.page("/sources")
    path.unlink()
    assert "There is no settings file" in desk.page("/")


def test_another_store_or_time_zone_needs_a_restart(desk: ServedDesk) -> None:
    path = desk.context.settings.path
    document = tomlkit.parse(path.read_text("utf-8"))
    document["newsletter"]["timezone"] = "Europe/Berlin"
    path.write_text(tomlkit.dumps(document), "utf-8")
    page = desk.page("/")
    assert "[newsletter] timezone has changed. Start the desk again" in page
    assert "Times are in Europe/London" in page


def test_forms_need_the_token(desk: ServedDesk) -> None:
    for verb in ("look", "add", "import", "pause", "resume", "theme", "selector", "move"):
        answer = desk.client.post(f"/sources/{verb}", data={"source": "Plainspoken", "token": "0" * 64, "address": "x"})
        assert answer.status_code == 403, verb
    assert source_of(desk, "Plainspoken").active
