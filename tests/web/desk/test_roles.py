"""What viewers, editors and approvers may do, by one table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.routing import Mount, Route

from digest.settings import Secrets
from digest.steps.editing.desk_data import trail
from digest.web.desk.app import create_app
from digest.web.desk.who.access import NEEDED, needed
from digest.web.desk.who.buttons import allowed_only
from digest.web.desk.who.people import Role
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"
PROXY = {
    "auth": "header",
    "proxies": ["127.0.0.1/32"],
    "default_role": "viewer",
    "people": [
        {"name": "Ada Lovelace", "login": "ada", "role": "approver"},
        {"name": "Edith", "login": "edith", "role": "editor"},
    ],
}


@pytest.fixture(scope="module")
def proxied(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path_factory.mktemp("roles"), tables={"desk": PROXY}) as desk:
        yield desk


def as_(desk: ServedDesk, login: str) -> httpx.Client:
    return httpx.Client(base_url=desk.url, headers={"X-Forwarded-User": login}, verify=NO_CERTIFICATES)


def test_every_route_of_the_desk_has_its_row(desk: ServedDesk, tmp_path: Path) -> None:
    app = create_app(desk.context, port=1, mailbox_folder=tmp_path)
    routes = {
        (method if method == "GET" else "POST", route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    } | {("GET", mount.path) for mount in app.routes if isinstance(mount, Mount)}
    assert routes - NEEDED.keys() == set(), "name them in digest/web/desk/who/access.py"
    only_oidc = {("GET", "/login/oidc"), ("GET", "/login/oidc/callback")}
    assert NEEDED.keys() - routes == only_oidc, "routes that are gone"


def test_what_no_row_names_needs_most() -> None:
    assert needed("POST", f"{BENCH}/something-new") is Role.APPROVER
    assert needed("DELETE", "/") is Role.APPROVER
    assert needed("GET", "/nothing") is Role.VIEWER
    assert needed("HEAD", "/healthz") is None
    assert needed("POST", "/healthz") is Role.APPROVER
    assert needed("GET", "/static/desk/base.css") is None
    assert needed("GET", "/staticky") is Role.VIEWER


@pytest.mark.parametrize(("login", "role"), [("nobody-listed", Role.VIEWER), ("edith", Role.EDITOR)])
def test_a_form_above_ones_role_is_refused_with_a_sentence(proxied: ServedDesk, login: str, role: Role) -> None:
    post = proxied.edition.posts[0].id
    with as_(proxied, login) as client:
        token = token_of(client.get(BENCH).text)
        for (method, path), wanted in NEEDED.items():
            if method == "GET" or wanted is None or role.includes(wanted):
                continue
            url = path.format(week=WEEK, post=post, verb="drop", name="Plainspoken")
            answer = client.post(url, data={"token": token})
            assert answer.status_code == 403, path
            assert f"Only an {wanted.value} may do that" in answer.text
            script = client.post(url, data={"token": token}, headers={"X-Digest-Parts": "1"})
            assert (script.status_code, "Only an" in script.json()["error"]) == (403, True)
    assert not [row for row in trail(proxied.context, WEEK) if row.by.startswith(("Edith", "nobody"))]


def test_a_viewer_sees_the_edition_and_no_button_that_works(proxied: ServedDesk) -> None:
    with as_(proxied, "visitor") as client:
        page = client.get(BENCH).text
        assert "Plainspoken" in page
        assert "visitor (viewer)" in client.get("/").text
        assert 'formaction="/editions/2026-W10/posts/' not in page
        for tag in page.split("<button")[1:]:
            head = tag.partition(">")[0]
            assert "formaction" not in head or "disabled" in head, head
        assert client.get("/mailbox").status_code == 403, "mail of subscribers"
        assert client.get(f"{BENCH}/deliveries").status_code == 403
        for path in (BENCH, f"{BENCH}/mail", f"{BENCH}/view/light"):
            assert client.get(path).status_code == 200
            refused = client.get(path, params={"as": "1"})
            assert refused.status_code == 403, "the mail of one subscriber"
            assert "ada@example.org" not in refused.text


def test_an_editor_edits_and_an_approver_approves(proxied: ServedDesk) -> None:
    with as_(proxied, "edith") as edith, as_(proxied, "ADA") as ada:
        page = edith.get(BENCH).text
        assert "Only an approver may approve the edition; you are an editor." in page
        assert f'formaction="{BENCH}/approve"' not in page
        assert f'formaction="{BENCH}/approve"' in ada.get(BENCH).text
        post = proxied.edition.posts[0].id
        assert edith.post(f"{BENCH}/posts/{post}/pin", data={"token": token_of(page)}).status_code == 303
        hold = ada.post(f"{BENCH}/hold", data={"token": token_of(ada.get(BENCH).text)})
        assert hold.status_code == 303, hold.text
        assert [row.by for row in trail(proxied.context, WEEK)[:2]] == ["Ada Lovelace", "Edith"]


def test_buttons_follow_the_table() -> None:
    html = (
        '<button type="submit" formaction="/editions/W/approve">A</button>'
        '<button type="submit" formaction="/editions/W/words">B</button>'
        '<form method="post" action="/editions/W/go-on"><button class="main">C</button></form>'
        '<form method="get" action="/"><button>D</button></form>'
    )
    why = 'disabled title="Only an approver may do that."'
    editor = allowed_only(html, Role.EDITOR)
    assert editor.count(why) == 2
    assert f'<button {why} class="main">C' in editor
    assert 'title="Only an editor may do that."' in allowed_only(html, Role.VIEWER)
    assert allowed_only(html, Role.APPROVER) == html


def test_the_header_is_believed_from_named_proxies_only(composed_week: Path, tmp_path: Path) -> None:
    tables = {"desk": {**PROXY, "proxies": ["10.0.0.0/8"]}}
    with serve_desk(composed_week, tmp_path / "desk", tables=tables) as desk, as_(desk, "ada") as ada:
        answer = ada.get(BENCH)
        assert answer.status_code == 403
        assert "reverse proxy only" in answer.text
        assert ada.post(f"{BENCH}/skip", data={"token": "x"}).status_code == 403
        assert ada.get("/healthz").status_code == 200


def test_headers_that_name_nobody_or_two(proxied: ServedDesk) -> None:
    for headers in (
        [],
        [("X-Forwarded-User", "")],
        [("X-Forwarded-User", "ada"), ("X-Forwarded-User", "edith")],
        [("X-Forwarded-User", "ada\xad")],
        [("X-Forwarded-User", "a" * 81)],
    ):
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        answer = httpx.get(f"{proxied.url}/", headers=raw, verify=NO_CERTIFICATES)
        assert answer.status_code == 403, headers
    assert (
        httpx.get(f"{proxied.url}/login", headers={"X-Forwarded-User": "ada"}, verify=NO_CERTIFICATES).headers[
            "location"
        ]
        == "/"
    )


def test_a_header_makes_nobody_of_a_desk_with_passwords(composed_week: Path, tmp_path: Path) -> None:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    with serve_desk(composed_week, tmp_path / "desk", secrets=secrets) as desk, as_(desk, "ada") as ada:
        assert ada.get("/").status_code == 303


def test_an_editor_does_not_undo_what_decides_about_sending(proxied: ServedDesk) -> None:
    with as_(proxied, "edith") as edith, as_(proxied, "ADA") as ada:
        token = token_of(ada.get(BENCH).text)
        assert ada.post(f"{BENCH}/skip", data={"token": token, "skip_reason": "A holiday"}).status_code == 303
        skipped = next(row.id for row in trail(proxied.context, WEEK) if row.what == "skipped")
        refused = edith.post(f"{BENCH}/undo", data={"token": token_of(edith.get(BENCH).text), "change": str(skipped)})
        assert refused.status_code == 409
        assert "Only an approver may undo" in refused.text
        assert ada.post(f"{BENCH}/undo", data={"token": token, "change": str(skipped)}).status_code == 303
