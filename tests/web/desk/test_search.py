"""`/search` and its forms: they look without changing anything, bring in, add, and say what is wrong."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from digest.edition.editing.change import Change, Verb
from digest.settings import Secrets
from digest.steps.editing.changes import change
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import HOSTILE, ServedDesk, serve_desk, token_of
from tests.web_of_feeds import Reply, Web

ADD = f"/editions/{WEEK}/add"
CROSS = {"Sec-Fetch-Site": "cross-site"}


def test_the_page_names_posts_and_where_they_are_as_text(still_desk: ServedDesk) -> None:
    html = still_desk.page(f"/search?q={quote('plain English')}")
    assert "<strong> words" not in html
    assert HOSTILE in unescape(html)
    assert "In this edition, under Comms." in html
    assert f'href="/editions/{WEEK}?post={still_desk.post("Plain English").id}#panel"' in html
    part = still_desk.client.get("/search?q=plain", headers={"X-Digest-Parts": "1"}).text
    assert part.lstrip().startswith('<div id="found"')


def test_a_look_changes_and_fetches_nothing(still_desk: ServedDesk) -> None:
    before = still_desk.view
    with Web() as web:
        url = web.say("/page", "<html></html>")
        html = still_desk.page(f"/search?q={quote(url, safe='')}")
        assert f'name="address" value="{url}"' in html
        assert web.visits() == []
    assert "javascript:location.href=" in html
    assert still_desk.view == before
    for query in ("javascript:alert(1)", "x" * 10_000, "%00%ff", "<script>alert(1)</script>", "'\"--"):
        answer = still_desk.client.get("/search", params={"q": query})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    assert still_desk.client.get("/search?q=a&week=2019-W99").status_code == 404
    assert still_desk.client.get("/search?q=a&week=2030-W01").status_code == 200


def test_a_visit_from_another_site_begins_again_without_losing_anything(still_desk: ServedDesk) -> None:
    query = "?q=" + quote('https://example.org/?a="><b>&c=1', safe="")
    answer = still_desk.client.get(f"/search{query}", headers=CROSS)
    assert f'content="0; url=/search{query}"' in unescape(answer.text)
    assert "<b>" not in answer.text
    assert "set-cookie" not in answer.headers, "the token of a page in another tab stays valid"
    assert still_desk.client.get("/", headers=CROSS).text.count("http-equiv") == 0


def test_bring_in_and_undo_without_scripts(desk: ServedDesk) -> None:
    post = desk.post("bin day")
    change(desk.context, WEEK, Change(Verb.DROP, post.id, "no"), by="Ann")
    html = desk.page("/search?q=bin+day")
    assert "Left out of this edition: dropped by the editor: no." in html
    seen = html.partition(f'/posts/{post.id}/bring"')[2].partition('name="seen" value="')[2].partition('"')[0]
    answer = desk.fill(f"/editions/{WEEK}/posts/{post.id}/bring", seen=seen)
    assert "Brought in “Testing the bin day finder" in answer.text
    assert answer.url.path == f"/editions/{WEEK}"
    assert "brought in by Edith" in desk.post("bin day").because


def test_adding_by_form(desk: ServedDesk) -> None:
    with Web() as web:
        text = "<p>The reading room opened again after two years of repairs.</p>" * 2
        page = f"<html><head><title>The archive</title></head><body><article>{text}</article></body></html>"
        url = web.say("/archive", Reply(page, headers={"Content-Type": "text/html"}))
        desk.page()
        refused = desk.client.post(ADD, data={"token": "0" * 64, "address": url})
        assert (refused.status_code, web.visits()) == (403, [])
        assert url in refused.text, "nothing that was typed is lost"
        gone = desk.client.post(ADD, data={"token": token_of(refused.text), "address": web.url("/none")})
        assert gone.status_code == 409
        assert "has nothing at this address" in gone.text
        part = desk.client.post(
            ADD, data={"token": token_of(gone.text), "address": "javascript:1"}, headers={"X-Digest-Parts": "1"}
        )
        assert (part.status_code, part.headers["X-Digest-Parts"]) == (409, "1")
        assert "is no address of a web page" in part.text
        assert "<button" not in part.text, "there is nothing to try again"
        added = desk.client.post(ADD, data={"token": token_of(gone.text), "address": url})
        assert "Added “The archive” (127.0.0.1, no date, so today’s)" in added.text
        assert "Undo" in added.text
        again = desk.client.post(ADD, data={"token": token_of(gone.text), "address": url})
        assert "This page is known already" in again.text


def test_a_log_in_comes_first_and_leads_back_to_the_search(composed_week: Path, tmp_path: Path) -> None:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    with serve_desk(composed_week, tmp_path / "desk", secrets=secrets) as desk:
        again = desk.client.get("/search?q=abc", headers=CROSS)
        assert "/search?q=abc" in again.text, "before it is asked who comes: the cookies are not sent from elsewhere"
        login = desk.client.get("/search?q=abc")
        assert (login.url.path, login.url.params["next"]) == ("/login", "/search?q=abc")


def test_suggest_another_and_take_it(desk: ServedDesk) -> None:
    post = desk.post("bin day")
    html = desk.fill(f"/editions/{WEEK}/suggestions/{post.id}", title="Half a title").text
    assert "Other extracts" in html
    assert "Half a title" in html, "what was typed is carried along"
    address = unescape(html.partition("/extracts/")[2].partition('"')[0])
    text = html.partition('class="suggestion"')[2].partition("</p>")[0].rpartition(">")[2]
    desk.do(f"/editions/{WEEK}/extracts/{address}", seen="")
    assert desk.post("bin day").summary_method == "editor"
    assert " ".join(desk.post("bin day").summary) == unescape(text)
    assert desk.client.get(f"/editions/{WEEK}/suggestions/{post.id}").status_code == 200
    assert desk.client.get(f"/editions/{WEEK}/suggestions/0000").status_code == 404
    refused = desk.fill(f"/editions/{WEEK}/extracts/{post.id}?spans=1-2.x.9-9999", seen="")
    assert "The article has changed since you opened it" in unescape(refused.text)
