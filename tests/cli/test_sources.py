"""`digest sources`, on a digest.toml with comments and a web on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from digest.cli.sources import app
from digest.errors import UsageError
from digest.settings import load_settings
from tests.web_of_feeds import Item, Reply, Web, redirect, rss

TOML = """# Our digest. Ask Ann before changing anything.
[newsletter]
title = "T"            # short
from = "d@example.org"

[collect]
allow_networks = ["127.0.0.0/8"]
retries = 0

# The blogs we follow
[[sources]]
name = "Blog"
feed = "{blog}"  # ours
theme = "comms"
"""
ANNOUNCED = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'


class Desk:
    def __init__(self, folder: Path, web: Web) -> None:
        self.web = web
        self.path = folder / "digest.toml"
        self.path.write_text(TOML.format(blog=web.say("/blog", rss(Item("One"), title="The blog"))))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, obj={"config": self.path, "quiet": True})

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        return json.loads(done.stdout)

    def names(self) -> list[str]:
        return [source.name for source in load_settings(self.path).sources]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Web() as web:
        yield Desk(tmp_path, web)


def test_list_shows_each_source_before_and_after_a_visit(desk: Desk) -> None:
    (row,) = desk.json("list")["sources"]
    assert (row["name"], row["outcome"], row["posts"]) == ("Blog", "", 0)
    assert "not fetched yet" in desk.run("list").stdout


def test_check_visits_and_stores_nothing(desk: Desk) -> None:
    (row,) = desk.json("check")["sources"]
    assert (row["outcome"], row["title"], row["entries"]) == ("ok", "The blog", 1)
    assert not (desk.path.parent / "var").exists()
    assert desk.run("check").exit_code == 0


def test_check_of_a_page_names_its_feeds(desk: Desk) -> None:
    desk.web.say("/", ANNOUNCED.format("Posts", "/posts") + ANNOUNCED.format("Comments", "/comments/feed"))
    done = desk.run("check", desk.web.url("/"))
    assert done.exit_code == 1
    assert f"names the feed {desk.web.url('/posts')} Posts" in done.stdout


def test_check_distinguishes_some_failures_from_all(desk: Desk) -> None:
    with desk.path.open("a") as file:
        file.write(f'[[sources]]\nname = "Gone"\nfeed = "{desk.web.say("/gone", Reply("", 410))}"\n')
    assert desk.run("check").exit_code == 3


def test_add_finds_the_feed_behind_a_site_and_keeps_the_comments(desk: Desk) -> None:
    desk.web.say("/site", ANNOUNCED.format("Posts", "/posts"))
    desk.web.say("/posts", rss(Item("One"), title="Civic notes", site="https://civic.example.org/"))
    added = desk.json("add", desk.web.url("/site"), "--theme", "civic-tech")
    assert added == {"name": "Civic notes", "feed": desk.web.url("/posts"), "verdict": "added", "reason": ""}
    text = desk.path.read_text()
    assert text.startswith(TOML.format(blog=desk.web.url("/blog")))
    assert desk.names() == ["Blog", "Civic notes"]
    assert load_settings(desk.path).sources[1].theme == "civic-tech"


def test_add_uses_the_new_url_of_a_redirected_feed(desk: Desk) -> None:
    desk.web.say("/old", redirect("/new"))
    desk.web.say("/new", rss(Item("One"), title="Moved"))
    assert desk.json("add", desk.web.url("/old"))["feed"] == desk.web.url("/new")


def test_add_of_a_known_source_changes_nothing(desk: Desk) -> None:
    before = desk.path.read_text()
    added = desk.json("add", desk.web.url("/blog"))
    assert (added["verdict"], added["reason"]) == ("known", "already followed as Blog")
    assert desk.path.read_text() == before


def test_add_of_a_site_with_several_feeds_asks_which(desk: Desk) -> None:
    desk.web.say("/site", ANNOUNCED.format("A", "/a") + ANNOUNCED.format("B", "/b"))
    for name in ("/a", "/b"):
        desk.web.say(name, rss(Item("One"), title=name))
    done = desk.run("add", desk.web.url("/site"))
    assert desk.web.url("/b") in str(done.exception)
    assert desk.names() == ["Blog"]


def test_add_of_a_site_without_a_feed_says_so(desk: Desk) -> None:
    desk.web.say("/site", "<html><body>nothing</body></html>")
    assert "No feed was found" in str(desk.run("add", desk.web.url("/site")).exception)


def test_an_unknown_theme_is_never_written(desk: Desk) -> None:
    desk.web.say("/posts", rss(Item("One"), title="X"))
    assert "comm" in str(desk.run("add", desk.web.url("/posts"), "--theme", "comm").exception)
    assert desk.names() == ["Blog"]


def test_discover_tries_the_usual_places(desk: Desk) -> None:
    desk.web.say("/site/", "<html><body>nothing</body></html>")
    desk.web.say("/feed.xml", rss(Item("One"), title="Hidden"))
    (feed,) = desk.json("discover", desk.web.url("/site/"))["feeds"]
    assert (feed["url"], feed["title"]) == (desk.web.url("/feed.xml"), "Hidden")


def test_import_reads_what_export_prints(desk: Desk, tmp_path: Path) -> None:
    exported = desk.run("export").stdout
    file = tmp_path / "feeds.opml"
    file.write_text(exported.replace("/blog", "/other").replace("Blog", "Other &amp; more"))
    assert [row["verdict"] for row in desk.json("import", str(file), "--dry-run")["sources"]] == ["added"]
    assert desk.names() == ["Blog"]
    assert desk.run("import", str(file)).exit_code == 0
    assert desk.names() == ["Blog", "Other & more"]
    assert [row["verdict"] for row in desk.json("import", str(file))["sources"]] == ["known"]
    assert load_settings(desk.path).sources[1].theme == "comms"
    assert "# The blogs we follow" in desk.path.read_text()


def test_check_takes_the_name_of_a_source(desk: Desk) -> None:
    desk.web.say("/other", rss(Item("One"), title="Other"))
    desk.run("add", desk.web.url("/other"))
    done = desk.run("check", "Blog")
    assert done.stdout.startswith(f"ok        Blog: {desk.web.url('/blog')}\n          The blog: 1 entry")
    assert "other" not in done.stdout
    assert "no source called 'Blob'" in str(desk.run("check", "Blob").exception)


def test_a_url_may_be_given_without_its_scheme(desk: Desk) -> None:
    desk.web.say("/site", ANNOUNCED.format("Posts", "/posts"))
    desk.web.say("/posts", rss(Item("One"), title="X"))
    desk.path.write_text(desk.path.read_text().replace("retries = 0", "retries = 0\ntimeout_seconds = 0.5"))
    (feed,) = desk.json("discover", desk.web.url("/site").removeprefix("http://"))["feeds"]
    assert (feed["url"], feed["outcome"]) == (desk.web.url("/posts"), "ok")


@pytest.mark.parametrize("nonsense", ["", "two words", "ftp://x.example.org/", "http://"])
@pytest.mark.parametrize("command", ["add", "discover"])
def test_an_invalid_url_is_reported(desk: Desk, command: str, nonsense: str) -> None:
    done = desk.run(command, nonsense)
    assert done.exit_code != 0
    assert isinstance(done.exception, UsageError)
    assert "not a web address" in str(done.exception)


def test_the_theme_is_checked_before_any_fetch(desk: Desk) -> None:
    done = desk.run("add", desk.web.url("/posts"), "--theme", "comm")
    assert "There is no theme 'comm'" in str(done.exception)
    assert not desk.web.visits()


def test_added_sources_are_separated_by_an_empty_line(desk: Desk) -> None:
    desk.path.write_text(desk.path.read_text().rstrip("\n"))  # as some editors leave it
    for name in ("One", "Two"):
        desk.web.say(f"/{name}", rss(Item("A post"), title=name))
        assert desk.run("add", desk.web.url(f"/{name}")).exit_code == 0
    assert desk.names() == ["Blog", "One", "Two"]
    assert desk.path.read_text().count("\n\n[[sources]]\n") == 2


def test_a_dry_run_says_that_nothing_was_written(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(desk.run("export").stdout)
    assert desk.run("import", str(file), "--dry-run").stdout.endswith("nothing was written.\n")


def test_import_names_a_file_that_is_not_opml(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "feeds.txt"
    file.write_text("https://blog.example.org/")
    assert str(desk.run("import", str(file)).exception).startswith(f"{file}: The list is not an OPML file")


OPML = '<opml version="2.0"><body><outline text="One" xmlUrl="https://one.example/feed"/></body></opml>'


@pytest.mark.parametrize("command", ["add", "discover"])
def test_opml_list_is_offered_for_import(desk: Desk, tmp_path: Path, command: str) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(OPML)
    for place, remedy in ((desk.web.say("/list", OPML), "import FILE.opml"), (str(file), f"import {file}")):
        result = desk.run(command, place)
        assert result.exit_code != 0
        assert f"digest sources {remedy}" in result.stdout + str(result.exception)
    assert desk.names() == ["Blog"]


def test_file_that_is_no_list_is_said_so(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes")
    assert "no OPML list" in str(desk.run("discover", str(file)).exception)


def test_discover_reads_link_headers_and_asks_pages_for_their_feed(desk: Desk) -> None:
    link = '<https://hub.example/>; rel="hub", </posts>; rel="alternate"; type="application/rss+xml"'
    url = desk.web.say("/quiet", Reply("<html><p>Hi</p></html>", headers={"Content-Type": "text/html", "Link": link}))
    desk.web.say("/posts", rss(Item("One"), title="Posts"))
    assert [trial["title"] for trial in desk.json("discover", url)["feeds"]] == ["Posts"]
    desk.web.say("/squared", "<html><p>Hi</p></html>")
    desk.web.say("/squared?format=rss", rss(Item("One"), title="Squared"))
    assert [trial["title"] for trial in desk.json("discover", desk.web.url("/squared"))["feeds"]] == ["Squared"]


def test_discover_knows_where_a_profile_has_its_feed(desk: Desk) -> None:
    desk.web.say("/@ann", "<html><p>Switch on scripts</p></html>")
    desk.web.say("/@ann.rss", rss(Item("One"), title="Ann"))
    assert [trial["title"] for trial in desk.json("discover", desk.web.url("/@ann"))["feeds"]] == ["Ann"]
