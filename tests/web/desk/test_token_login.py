"""The one-time address of a desk on loopback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

from digest.web.desk.who.one_time_tokens import OneTimeTokens, token_in, without_token
from digest.web.desk.who.sessions import HOURS, Sessions
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of
from tests.web.small_app import request_with

BENCH = f"/editions/{WEEK}"


@pytest.fixture
def stranger(desk: ServedDesk) -> Iterator[httpx.Client]:
    """Another user of the machine, without a session."""
    with httpx.Client(base_url=desk.url, verify=NO_CERTIFICATES) as client:
        yield client


def test_another_user_of_the_machine_sees_nothing(desk: ServedDesk, stranger: httpx.Client) -> None:
    for path in ("/", BENCH, f"{BENCH}/email.html", f"{BENCH}/progress", "/mailbox", f"{BENCH}/history.csv"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.content) == (303, b""), path
        assert answer.headers["location"].startswith("/login")
    page = stranger.get("/login").text
    assert "newest address in the terminal" in page
    assert "Week 10" not in page
    assert stranger.get("/healthz").text == "ok\n"
    assert stranger.get("/static/desk/base.css").status_code == 200


def test_the_address_works_once_and_hides_its_token(
    desk: ServedDesk, stranger: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = desk.entrance(f"{BENCH}?view=phone")
    token = token_in(address)
    assert stranger.head(address).status_code == 303
    entered = stranger.get(address)
    assert (entered.status_code, entered.headers["location"]) == (303, f"{BENCH}?view=phone")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert token not in cookie
    assert stranger.get(BENCH).status_code == 200
    assert stranger.get(address).headers["location"] == f"{BENCH}?view=phone", "again, in the same browser"
    with httpx.Client(base_url=desk.url, verify=NO_CERTIFICATES) as other:
        used = other.get(address)
        assert used.status_code == 403
        assert "has been used" in used.text
        assert token not in used.text
        assert other.get(BENCH).status_code == 303
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not [line for line in ours if token in line]
    assert token_in(desk.announced[-1]) not in ("", token)


def test_typed_text_survives_a_session_that_has_ended(desk: ServedDesk, stranger: httpx.Client) -> None:
    sent = stranger.post(f"{BENCH}/words", data={"introduction": "Not to be lost.", "token": "x"})
    assert sent.status_code == 401
    assert "What you wrote is kept" in sent.text
    texts = sent.text.partition('name="texts" value="')[2].partition('"')[0]
    form = {"token": token_of(sent.text), "texts": texts, "next": "/"}
    wrong = stranger.post("/login", data={**form, "address": f"{desk.url}/?token=guess"})
    assert wrong.status_code == 403
    assert texts in wrong.text
    entered = stranger.post("/login", data={**form, "address": desk.entrance("/")})
    assert entered.headers["location"] == BENCH
    assert "Not to be lost." in stranger.get(BENCH).text


def test_a_session_survives_a_restart_of_the_desk(composed_week: Path, tmp_path: Path) -> None:
    with serve_desk(composed_week, tmp_path / "desk") as desk:
        session = desk.session
    with serve_desk(tmp_path / "desk", tmp_path / "again") as again:
        (value,) = session.values()
        renamed = {next(iter(again.session)): value}  # another port, as the test takes a free one
        assert httpx.get(f"{again.url}/", cookies=renamed, verify=NO_CERTIFICATES).status_code == 200


def test_logging_out_ends_all_sessions(desk: ServedDesk, stranger: httpx.Client) -> None:
    stranger.get(desk.entrance("/"))
    copied = dict(stranger.cookies)
    assert stranger.get("/").status_code == 200
    desk.client.post("/logout", data={"token": token_of(desk.page())})
    assert stranger.get("/").status_code == 303
    assert httpx.get(f"{desk.url}/", cookies=copied, verify=NO_CERTIFICATES).status_code == 303
    assert stranger.get(desk.entrance("/")).status_code == 303
    assert stranger.get("/").status_code == 200, "a new session"


def test_a_session_ends_after_twelve_hours(desk: ServedDesk) -> None:
    now = [1_000_000.0]
    sessions = Sessions(desk.context.store, b"k" * 32, salt="", cookie="c", now=lambda: now[0])
    response = Response()
    sessions.start(request_with({}), response, "ada", "mark")
    value = response.headers["set-cookie"].partition("c=")[2].partition(";")[0]
    visitor = request_with({"c": value})
    assert sessions.read(visitor) == ("ada", "mark")
    now[0] += HOURS * 3600 - 1
    assert sessions.read(visitor) == ("ada", "mark")
    now[0] += 1
    assert sessions.read(visitor) is None
    now[0] -= HOURS * 3600 + 5
    assert sessions.read(visitor) is None, "from the future"
    for other in (
        Sessions(desk.context.store, b"x" * 32, salt="", cookie="c", now=lambda: 1_000_000.0),
        Sessions(desk.context.store, b"k" * 32, salt="other", cookie="c", now=lambda: 1_000_000.0),
    ):
        assert other.read(visitor) is None


@pytest.mark.parametrize("page", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "/%0d%0aX: y"])
def test_no_log_in_leads_to_another_site(desk: ServedDesk, stranger: httpx.Client, page: str) -> None:
    token = token_of(stranger.get("/login", params={"next": page}).text)
    entered = stranger.post("/login", data={"token": token, "next": page, "address": desk.entrance("/")})
    assert entered.status_code == 303
    assert entered.headers["location"] in ("/", page if page.startswith("/%0d") else "/")
    assert "\n" not in entered.headers["location"]


def test_a_log_in_needs_our_own_form(desk: ServedDesk, stranger: httpx.Client) -> None:
    stranger.get("/login")
    address = desk.entrance("/")
    refused = stranger.post("/login", data={"token": "0" * 64, "address": address})
    assert refused.status_code == 403
    token = token_of(stranger.get("/login").text)
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert stranger.post("/login", data={"token": token, "address": address}, headers=foreign).status_code == 403
    assert stranger.post("/login", data={"token": token, "address": address}).status_code == 303


def test_tokens_are_bounded_and_told_apart() -> None:
    tokens = OneTimeTokens()
    first = tokens.new()
    for _ in range(20):
        latest = tokens.new()
    assert not tokens.use(first), "the oldest of more than twenty"
    assert not tokens.use("")
    assert tokens.use(latest)
    assert not tokens.use(latest)
    assert token_in(" http://127.0.0.1:1/?token=abc&x=1 ") == token_in("abc") == "abc"
    assert without_token("/x", "token=abc&view=a%26b&e=") == "/x?view=a%26b&e="
    assert without_token("/x", "token=abc") == "/x"
