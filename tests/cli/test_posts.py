"""`digest posts search | add` and `digest approve --by`: what is printed, and how they end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.commands import NOW, WEEK, digest, newsletter_with_a_draft
from tests.web_of_feeds import Reply, Web

PAGE = (
    "<!doctype html><html lang=en><head><title>The archive opens again</title></head><body><article>"
    "<h1>The archive opens again</h1>"
    "<p>The county archive opened its reading room again after two years of repairs.</p>"
    "<p>Visitors can order parish registers by the box number that the new catalogue prints on each slip.</p>"
    "<p>Volunteers typed nine thousand of those slips last winter, and they found four hundred mistakes.</p>"
    "</article></body></html>"
)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return newsletter_with_a_draft(tmp_path_factory.mktemp("posts"), "[approval]\nsecond = true")


def run(folder: Path, *arguments: str) -> CompletedProcess[str]:
    return digest(*arguments, cwd=folder, DIGEST_NOW=NOW)


def test_search_says_where_each_post_is(folder: Path) -> None:
    shown = json.loads(run(folder, "show", WEEK, "--json").stdout)
    title = shown["sections"][0]["posts"][0]["title"]
    found = run(folder, "posts", "search", *title.split())
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith(title)
    assert "In this edition, under " in found.stdout
    answer = json.loads(run(folder, "posts", "search", title, "--limit", "1", "--json").stdout)
    assert (answer["week"], answer["query"], len(answer["posts"])) == (WEEK, title, 1)
    nothing = run(folder, "posts", "search", "zyzzyva", "quokka")
    assert (nothing.returncode, nothing.stdout.strip()) == (0, "No post was found.")


def test_add_puts_a_page_into_the_edition_once(folder: Path, web: Web) -> None:
    url = web.say("/archive", Reply(PAGE, headers={"Content-Type": "text/html; charset=utf-8"}))
    added = run(folder, "posts", "add", url, "--week", WEEK)
    assert added.returncode == 0, added.stderr
    assert "The archive opens again" in added.stdout
    assert "`digest editions undo " in added.stdout
    assert "The archive opens again" in run(folder, "show", WEEK).stdout
    again = run(folder, "posts", "add", url, "--week", WEEK, "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["added"] is False
    unreachable = run(folder, "posts", "add", web.url("/nothing"), "--week", WEEK)
    assert unreachable.returncode != 0
    assert "nothing at this address" in unreachable.stdout + unreachable.stderr


def test_two_names_approve_on_one_command_line(folder: Path) -> None:
    first = run(folder, "approve", WEEK, "--by", "  Ada   Lovelace ")
    assert first.returncode == 4, first.stderr
    assert "Ada Lovelace (by " in first.stdout
    assert "Another person must approve it, too." in first.stdout
    same = run(folder, "approve", WEEK, "--by", "ada lovelace")
    assert same.returncode == 4, "it still waits"
    assert "already" in same.stderr
    second = run(folder, "approve", WEEK, "--by", "Grace", "--json")
    assert second.returncode == 0, second.stderr
    by = json.loads(second.stdout)["by"]
    assert by.startswith("Ada Lovelace (by ")
    assert " and Grace (by " in by
