"""The desk's pages, from the real server."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from digest.steps.editing.edition_view import exact
from digest.store.engine import open_store
from digest.store.schema import articles
from digest.web.desk.app import create_app
from digest.web.desk.mail_views import in_colour_scheme
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK, set_up
from tests.web.desk_server import HOSTILE, ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"


def test_the_list_shows_editions_and_how_sources_are(still_desk: ServedDesk) -> None:
    page = still_desk.page("/")
    assert "Week 10" in page
    assert "Review and approve" in page
    assert "Tidewater Transport Data could not be read at the last visit." in page
    assert page.index("goes out to 3 once approved") < page.index("Needs a look") < page.index("Subscribers</a></h2>")


def test_the_workbench_shows_every_post_in_one_line_and_no_summary(still_desk: ServedDesk) -> None:
    page, view = still_desk.settled_page(), still_desk.view
    for post in view.edition.posts:
        assert escape(post.title) in page
        assert f'id="post-{post.id}"' in page
        assert not any(escape(sentence) in page for sentence in post.summary), "they are in the mail, and only there"
        assert all(escape(reason) in still_desk.page(f"{BENCH}/posts/{post.id}") for reason in post.because)
    for section in view.edition.sections:
        assert f'id="theme-{section.theme}"' in page
    assert escape(view.rendered.subject) in page
    for finding in view.findings:
        assert escape(finding.message) in page


def test_the_downloaded_message_has_the_exact_bytes(still_desk: ServedDesk) -> None:
    for kind, what in (("html", "html"), ("txt", "text"), ("eml", "eml"), ("mjml", "mjml")):
        answer = still_desk.client.get(f"{BENCH}/email.{kind}")
        assert answer.content == exact(still_desk.context, WEEK, what)
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
    assert still_desk.client.get(f"{BENCH}/email.exe").status_code == 404


def test_a_post_opens_with_its_sentences_marked(still_desk: ServedDesk) -> None:
    post = next(each for each in still_desk.view.edition.posts if each.summary_method == "learnt")
    page = still_desk.page(f"{BENCH}?post={post.id}")
    ticked = re.findall(r'value="(\d+-\d+)" checked><span>([^<]*)</span>', page)
    assert [text for _, text in ticked] == [escape(sentence) for sentence in post.summary]
    assert [tuple(map(int, value.split("-"))) for value, _ in ticked] == list(post.offsets)
    assert page.count('name="sentence"') > len(post.summary) > 0


def test_a_post_without_a_stored_article_says_so(desk: ServedDesk) -> None:
    with desk.context.store.writing() as connection:
        connection.execute(delete(articles))  # a cache: it may be dropped at any time
    post = desk.post("council tax")
    assert "This post has no text" in desk.page(f"{BENCH}?post={post.id}")


@pytest.mark.parametrize("view", ["phone", "desktop", "dark", "text", "images-off", "no-such-view", '"><script>'])
def test_every_view_of_the_mail(still_desk: ServedDesk, view: str) -> None:
    page = still_desk.client.get(BENCH, params={"view": view}).text
    frames = re.findall(r'<iframe src="([^"]*)" sandbox="([^"]*)" title="[^"]+"', page)
    if view == "text":
        assert not frames
        assert escape(still_desk.view.rendered.text.splitlines()[0]) in page
        return
    ((source, sandbox),) = frames
    assert "allow-same-origin" not in sandbox
    mail = still_desk.client.get(source)
    assert re.search(r"; script-src 'sha256-[^' ]+'$", mail.headers["content-security-policy"]), "ours, and no other"
    assert mail.status_code == 200
    images = "img-src 'none'" in mail.headers["content-security-policy"]
    assert images == (view == "images-off")
    assert "<script>" not in page


def test_the_preview_can_be_fixed_to_light_or_dark() -> None:
    html = "<head></head>@media (prefers-color-scheme: dark){a}@media screen and ( prefers-color-scheme:light ){b}"
    assert "@media (min-width:0){a}@media screen and (max-width:0){b}" in in_colour_scheme(html, "dark")
    assert "@media (max-width:0){a}@media screen and (min-width:0){b}" in in_colour_scheme(html, "light")


def test_a_hostile_title_stays_text(still_desk: ServedDesk) -> None:
    page = still_desk.page()
    assert escape(HOSTILE) in page
    assert "<strong> words" not in page


def test_unknown_pages_are_not_found(still_desk: ServedDesk) -> None:
    for path in ("/editions/2030-W01", BENCH.lower(), "/editions/nonsense", "/nothing", "/mailbox/0000000000000000"):
        answer = still_desk.client.get(path)
        assert answer.status_code == 404, path
        assert "That did not work" in answer.text
    assert "There is no edition 2030-W01" in still_desk.client.get("/editions/2030-W01").text
    assert still_desk.client.get(f"{BENCH}/skip").status_code in (404, 405)


def test_every_response_has_security_headers_and_no_external_resources(still_desk: ServedDesk) -> None:
    for path in ("/", BENCH, "/mailbox", "/healthz", "/static/desk/base.css", "/static/desk/desk.js", "/nothing"):
        headers = still_desk.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
    for path in ("/", BENCH, "/mailbox"):
        page = still_desk.page(path)
        loaded = re.findall(r'<(?:link|script|img|iframe)[^>]*?(?:href|src)="([^"]*)"', page)
        assert loaded
        assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
        assert " style=" not in page
        assert not re.search(r"\son\w+=", page.partition("<main")[0])


def test_the_page_of_an_unexpected_error_has_security_headers(still_desk: ServedDesk) -> None:
    app = create_app(still_desk.context, port=8025)
    visitor = TestClient(app, base_url="http://localhost:8025", follow_redirects=False)
    visitor.get("/", params={"token": app.state.desk.who.tokens.new()})
    broken = create_app(replace(still_desk.context, store=None), port=8025)  # type: ignore[arg-type]  # breaks it
    client = TestClient(broken, base_url="http://localhost:8025", raise_server_exceptions=False)
    client.cookies = visitor.cookies
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something unexpected happened" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    for refused in (client.get("/", headers={"Host": "evil.example"}), client.get("/healthz/none")):
        assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]


def test_a_desk_without_any_edition(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    store = open_store(f"sqlite:///{tmp_path / 'empty' / 'digest.db'}")
    with set_up(tmp_path / "empty", store, sources=["Plainspoken"]):
        pass
    store.close()
    with serve_desk(tmp_path / "empty", tmp_path / "desk") as desk:
        page = desk.page("/")
        assert "No edition yet" in page
        assert "Week 10" in page
        assert "Not fetched yet" in desk.page("/sources")
        assert "The mailbox is empty" in desk.page("/mailbox")


def test_healthz_answers_ok(still_desk: ServedDesk) -> None:
    assert still_desk.page("/healthz") == "ok\n"


def test_unknown_host_names_are_rejected(still_desk: ServedDesk) -> None:
    port = still_desk.url.rpartition(":")[2]
    for host, status in (
        (f"127.0.0.1:{port}", 200),
        (f"localhost:{port}", 200),
        (f"[::1]:{port}", 200),
        ("digest.attacker.example", 421),
        (f"127.0.0.1.attacker.example:{port}", 421),
        ("", 421),
    ):
        answer = httpx.get(
            still_desk.url + "/", headers={"Host": host}, cookies=still_desk.session, verify=NO_CERTIFICATES
        )
        assert answer.status_code == status, host
