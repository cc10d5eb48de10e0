"""Answers in parts, undo, clashes, and what a page hears of other people's changes: over HTTP."""

from __future__ import annotations

import csv
import io
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from digest.edition.editing.change import Change, Verb
from digest.settings import Secrets
from digest.steps.editing.changes import change
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"


def send(desk: ServedDesk, path: str, *, revision: str = "", **fields: Any) -> httpx.Response:
    """Send a form as the page's script does."""
    headers = {"X-Digest-Parts": "1", "X-Digest-Revision": revision or str(desk.view.row.revision)}
    return desk.client.post(path, data={"token": token_of(desk.page()), **fields}, headers=headers)


def parts(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["x-digest-parts"] == "1"
    return dict(re.findall(r'<template data-part="([^"]*)">(.*?)</template>', answer.text, re.DOTALL))


def elsewhere(desk: ServedDesk, verb: Verb, post: str = "", **values: Any) -> None:
    change(desk.context, WEEK, Change(verb, post, **values), by="Bo")


def seen(desk: ServedDesk, post: str, verb: str) -> str:
    page = desk.page(f"{BENCH}?post={post}")
    mark: str = re.findall(rf'action="{BENCH}/posts/{post}/{verb}".*?name="seen" value="([^"]*)"', page, re.DOTALL)[0]
    return mark


def test_a_change_is_answered_with_what_it_changed(desk: ServedDesk) -> None:
    post = desk.post("bin day").id
    answer = send(desk, f"{BENCH}/posts/{post}/title", title="Bins")
    changed = parts(answer)
    assert answer.status_code == 200
    assert {f"#post-{post}", "#bar", "#findings", "#toast", "#mark"} <= changed.keys()
    assert not {"#themes", "#groups", "#words", "#panel"} & changed.keys()
    assert [name for name in changed if name.startswith("#post-")] == [f"#post-{post}"]
    assert f'<template data-mail data-changed="{post}">' in answer.text
    assert "Title changed." in changed["#toast"]
    assert len(answer.text) < len(desk.page()), "it is a part of the page"


def test_a_drop_changes_its_theme_and_what_is_left_out(desk: ServedDesk) -> None:
    post = desk.post("bin day").id
    theme = next(section.theme for section in desk.edition.sections if post in {each.id for each in section.posts})
    changed = parts(send(desk, f"{BENCH}/posts/{post}/drop"))
    assert f"post-{post}" not in changed[f"#theme-{theme}"]
    assert f"out-{post}" in changed["#groups"]


def test_a_page_that_is_behind_gets_all_that_it_has_missed(desk: ServedDesk) -> None:
    behind = str(desk.view.row.revision)
    other, post = desk.post("snow").id, desk.post("bin day").id
    elsewhere(desk, Verb.TITLE, other, text="Snow, again")
    changed = parts(send(desk, f"{BENCH}/posts/{post}/title", title="Bins", revision=behind))
    assert {f"#post-{post}", f"#post-{other}"} <= changed.keys()
    unknown = parts(send(desk, f"{BENCH}/posts/{post}/title", title="Bins 2", revision="999"))
    assert {"#themes", "#groups", "#words"} <= unknown.keys()


def test_a_change_is_answered_before_its_mail_is_rendered(desk: ServedDesk) -> None:
    post, shown = desk.post("bin day").id, str(desk.view.row.revision)
    data = {"token": token_of(desk.page()), "title": "Bins"}
    headers = {"X-Digest-Parts": "1", "X-Digest-Revision": shown, "X-Digest-Later": "1"}
    answer = desk.client.post(f"{BENCH}/posts/{post}/title", data=data, headers=headers)
    at_once = parts(answer)
    assert answer.headers["x-digest-later"] == "1"
    assert {f"#post-{post}", "#toast", "#mark"} <= at_once.keys()
    assert not {"#bar", "#findings", "#approve"} & at_once.keys()
    now = headers | {"X-Digest-Revision": str(desk.view.row.revision)}
    later = parts(desk.client.get(BENCH, headers=now))
    assert {"#bar", "#findings", "#approve", "#decided"} <= later.keys()
    assert not {f"#post-{post}", "#toast"} & later.keys()


def test_words_are_answered_with_all_parts(desk: ServedDesk) -> None:
    data = {"token": token_of(desk.page()), "subject": "Bins and more"}
    headers = {"X-Digest-Parts": "1", "X-Digest-Revision": str(desk.view.row.revision), "X-Digest-Later": "1"}
    answer = desk.client.post(f"{BENCH}/words", data=data, headers=headers)
    assert "x-digest-later" not in answer.headers
    assert {"#words", "#findings", "#approve"} <= parts(answer).keys()


def test_a_page_that_lost_its_cookie_gets_a_token_that_works(desk: ServedDesk) -> None:
    post = desk.post("bin day").id
    desk.client.cookies.clear()
    desk.client.cookies.update(desk.session)
    headers = {"X-Digest-Parts": "1"}
    answer = desk.client.post(f"{BENCH}/posts/{post}/pin", data={"token": "0" * 64}, headers=headers)
    assert answer.status_code == 403
    assert "Nothing was changed" in parts(answer)["#error"]
    (token,) = re.findall(r'data-token="([0-9a-f]{64})"', parts(answer)["#mark"])
    again = desk.client.post(f"{BENCH}/posts/{post}/pin", data={"token": token}, headers=headers)
    assert again.status_code == 200


def test_a_message_waits_for_its_page(desk: ServedDesk) -> None:
    desk.do(f"{BENCH}/posts/{desk.post('bin day').id}/pin")
    desk.client.get(f"{BENCH}/progress")
    desk.client.get(f"{BENCH}/links")
    assert "Pinned" in desk.page()


def test_a_rejected_form_is_answered_with_the_reason(desk: ServedDesk) -> None:
    answer = send(desk, f"{BENCH}/posts/{desk.post('bin day').id}/title", title="x" * 400)
    assert answer.status_code == 409
    assert "Shorten it to 300" in parts(answer)["#error"]
    assert "data-mail" not in answer.text


def test_the_toast_takes_a_change_back(desk: ServedDesk) -> None:
    before = desk.view
    post = desk.post("bin day").id
    page = desk.fill(f"{BENCH}/posts/{post}/drop").text  # without scripts: the toast is on the next page
    (number,) = re.findall(r'name="change" value="(\d+)"', page)
    undone = desk.fill(f"{BENCH}/undo", change=number)
    assert "Undone: dropped" in undone.text
    assert desk.view.edition.sections == before.edition.sections
    (again,) = re.findall(r'name="change" value="(\d+)"', undone.text)
    desk.do(f"{BENCH}/undo", change=again)
    assert post not in {each.id for each in desk.edition.posts}, "undoing the undo"
    desk.do(f"{BENCH}/posts/{desk.post('snow').id}/pin")
    for _ in range(2):  # the pin, and then the drop
        desk.do(f"{BENCH}/undo", change="last")
    assert desk.view.edition.sections == before.edition.sections
    assert "nothing that could be undone" in desk.fill(f"{BENCH}/undo", change="last").text
    for nonsense in ("", "x", "99999999"):
        assert desk.fill(f"{BENCH}/undo", change=nonsense).status_code == 409


def test_a_clash_of_texts_shows_both_and_a_choice_at_the_box(desk: ServedDesk) -> None:
    post = desk.post("bin day").id
    mark = seen(desk, post, "title")
    elsewhere(desk, Verb.TITLE, post, text="Theirs <b>")
    clash = desk.fill(f"{BENCH}/posts/{post}/title", title="Mine & yours", seen=mark, open=post)
    assert clash.status_code == 409
    assert "Bo changed the title" in clash.text
    assert '<blockquote dir="auto">Theirs &lt;b&gt;</blockquote>' in clash.text
    assert 'value="Mine &amp; yours"' in clash.text
    assert clash.text.count(">Use mine</button>") == 1
    assert desk.post("Theirs").id == post
    desk.do(f"{BENCH}/overrule", what=f"title/{post}")
    assert desk.post("Mine").id == post


def test_a_clash_of_decisions_shows_both_and_a_choice(desk: ServedDesk) -> None:
    theme = max(desk.edition.sections, key=lambda section: len(section.posts)).theme

    def order() -> list[str]:
        return next([post.id for post in each.posts[:3]] for each in desk.edition.sections if each.theme == theme)

    first, second, third = order()
    (mark,) = re.findall(rf'id="theme-{theme}"[^>]*data-seen="([^"]*)"', desk.page())
    elsewhere(desk, Verb.PLACE, second, place=0)
    fields = {"theme": theme, "place": "0", "seen": mark}
    clash = desk.fill(f"{BENCH}/posts/{third}/place", **fields)
    assert clash.status_code == 409
    assert "Bo changed the order of" in clash.text
    assert "Theirs" in clash.text
    assert "Yours" in clash.text
    assert "Use mine" in parts(send(desk, f"{BENCH}/posts/{third}/place", **fields))["#error"]
    pattern = rf'<form method="post" action="{BENCH}/posts/{third}/place">(.*?)</form>'
    (form,) = re.findall(pattern, clash.text, re.DOTALL)
    again = dict(re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', form, re.DOTALL))
    assert again == {"theme": theme, "place": "0"}, "without the old mark"
    assert order() == [second, first, third]
    desk.do(f"{BENCH}/posts/{third}/place", **again)
    assert order() == [third, second, first]


def test_a_place_by_hand_and_the_order_of_themes(desk: ServedDesk) -> None:
    first, second = desk.edition.sections
    post = first.posts[-1].id
    desk.do(f"{BENCH}/posts/{post}/move", to=f"{second.theme}:1")
    assert [each.id for each in desk.edition.sections[1].posts].index(post) == 1
    desk.do(f"{BENCH}/posts/{post}/place", theme=first.theme, place="0")
    assert desk.edition.sections[0].posts[0].id == post
    assert "As ranked" in desk.page()
    desk.do(f"{BENCH}/themes", down=first.theme)
    assert [section.theme for section in desk.edition.sections] == [second.theme, first.theme]
    desk.do(f"{BENCH}/themes", up=first.theme)
    assert [section.theme for section in desk.edition.sections] == [first.theme, second.theme]
    assert desk.fill(f"{BENCH}/themes", up="nothing").status_code == 409


def test_a_page_hears_of_changes_and_of_who_is_here(desk: ServedDesk) -> None:
    (newest,) = re.findall(r'id="mark"[^>]*data-change="(\d+)"', desk.settled_page())

    def ask(page: str, after: str = newest) -> Any:
        return desk.client.get(f"{BENCH}/changes", params={"after": after, "page": page}).json()

    assert ask("a") == {"change": newest, "by": "", "others": []}
    assert ask("b")["others"] == [], "two windows of one person"
    elsewhere(desk, Verb.PIN, desk.post("bin day").id)
    news = ask("a")
    assert news["by"] == "Bo"
    assert int(news["change"]) > int(newest)
    assert ask("a", after=news["change"])["by"] == ""
    assert ask("a", after="x" * 50)["by"] == "Bo", "from the beginning"


def test_who_else_is_in_the_edition(composed_week: Path, tmp_path: Path) -> None:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    with serve_desk(composed_week, tmp_path, secrets=secrets) as desk, ExitStack() as stack:
        clients = {}
        for name in ("Ada", "Bo"):
            client = clients[name] = stack.enter_context(
                httpx.Client(base_url=desk.url, follow_redirects=True, verify=NO_CERTIFICATES)
            )
            token = token_of(client.get("/login").text)
            client.post("/login", data={"token": token, "name": name, "password": "open sesame"})
        ask = {"after": "0", "page": "a"}
        assert clients["Ada"].get(f"{BENCH}/changes", params=ask).json()["others"] == []
        assert clients["Bo"].get(f"{BENCH}/changes", params={**ask, "page": "b"}).json()["others"] == ["Ada (typed)"]
        assert clients["Ada"].get(f"{BENCH}/changes", params=ask).json()["others"] == ["Bo (typed)"]


def test_the_history_says_what_was_changed_and_restores_a_revision(desk: ServedDesk) -> None:
    before = desk.view
    post = desk.post("bin day").id
    desk.do(f"{BENCH}/posts/{post}/title", title="Bins <i>")
    page = desk.page(f"{BENCH}/history")
    assert "<del>“Testing the bin day finder" in page.replace("empty", "“Testing the bin day finder")
    assert "<ins>“Bins &lt;i&gt;”</ins>" in page
    assert "Undo" in page
    desk.fill(f"{BENCH}/restore", revision=str(before.row.revision))
    assert desk.view.edition.sections == before.edition.sections
    assert desk.fill(f"{BENCH}/restore", revision="4000").status_code == 409
    rows = list(csv.DictReader(io.StringIO(desk.client.get(f"{BENCH}/history.csv").text)))
    assert "title edited" in {row["what"] for row in rows}
    assert desk.client.get(f"{BENCH}/history.json").json()[-1]["what"] == "revision restored"
    assert desk.client.get(f"{BENCH}/history.exe").status_code == 404


def test_an_article_is_loaded_when_it_is_opened(still_desk: ServedDesk) -> None:
    post = still_desk.post("bin day")
    assert 'name="sentence"' not in still_desk.page()
    panel = still_desk.page(f"{BENCH}/posts/{post.id}")
    assert 'name="sentence"' in panel
    assert "<html" not in panel
    assert 'id="panel"' in still_desk.page(f"{BENCH}/posts/0000000000000000"), "an empty one"


def test_pages_are_compressed_and_sheets_are_asked_for_again(still_desk: ServedDesk) -> None:
    assert still_desk.client.get(BENCH).headers["content-encoding"] == "gzip"
    sheet = still_desk.client.get("/static/desk/base.css")
    assert sheet.headers["cache-control"] == "no-cache"
    again = still_desk.client.get("/static/desk/base.css", headers={"If-None-Match": sheet.headers["etag"]})
    assert again.status_code == 304
