"""The log-in of a desk that has a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from digest.errors import DigestError, SettingsError
from digest.settings import Secrets
from digest.steps.editing.desk_data import trail
from digest.web.desk.serve import DeskServer, is_loopback
from digest.web.desk.who.login_limits import FREE_PER_PERSON
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"
SECRET = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))


@pytest.fixture
def locked(composed_week: Path, tmp_path: Path) -> Iterator[ServedDesk]:
    with serve_desk(composed_week, tmp_path, secrets=SECRET) as desk:
        yield desk


def log_in(desk: ServedDesk, name: str = "Ada", password: str = "open sesame") -> httpx.Response:
    token = token_of(desk.client.get("/login").text)
    return desk.client.post("/login", data={"token": token, "name": name, "password": password})


def test_nothing_is_shown_before_the_log_in(locked: ServedDesk) -> None:
    for path in ("/", BENCH, f"{BENCH}/email.html", "/mailbox", "/nothing"):
        answer = locked.client.get(path, follow_redirects=False)
        after = "" if path == "/" else f"?next={path}"
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login{after}")
        assert not answer.content
    refused = locked.client.post(f"{BENCH}/skip", data={"token": "x"}, follow_redirects=False)
    assert refused.headers["location"] == "/login"
    assert locked.client.get("/healthz").text == "ok\n"
    assert locked.client.get("/static/desk/base.css").status_code == 200
    assert "Week 10" not in locked.page("/login")


@pytest.mark.parametrize("path", [f"{BENCH}/subject", "/sources/look", "/sources/import"])
def test_a_form_that_cannot_be_read_leads_to_the_log_in(
    locked: ServedDesk, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    many = "&".join(f"a{number}=1" for number in range(2_000)).encode()
    for content, kind in ((many, "application/x-www-form-urlencoded"), (b"garbage", "multipart/form-data")):
        answer = locked.client.post(path, content=content, headers={"Content-Type": kind}, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_long_list_of_feeds_meets_the_log_in(locked: ServedDesk) -> None:
    answer = locked.client.post("/sources/import", files={"list": (None, "x" * 2_000_000)}, follow_redirects=False)
    assert answer.headers["location"] == "/login?next=/sources"


def test_logging_in_and_out(locked: ServedDesk) -> None:
    assert "Wrong password" in log_in(locked, password="sesame").text
    assert "Your name is missing" in log_in(locked, name="  ").text
    assert "Week 10" in log_in(locked).text
    post = locked.edition.posts[0]
    locked.do(f"{BENCH}/posts/{post.id}/pin")
    assert [row.by for row in trail(locked.context, WEEK) if row.what == "pinned"] == ["Ada (typed)"]
    cookies = "; ".join(cookie.name for cookie in locked.client.cookies.jar)
    assert "digest_desk_" in cookies
    locked.client.post("/logout", data={"token": "wrong"})
    assert "Week 10" in locked.page("/"), "only our own form logs out"
    token = token_of(locked.page("/"))
    locked.client.post("/logout", data={"token": token})
    assert locked.client.get("/", follow_redirects=False).status_code == 303


def test_a_forged_session_is_not_logged_in(locked: ServedDesk) -> None:
    log_in(locked)
    (name,) = (cookie.name for cookie in locked.client.cookies.jar if cookie.name.startswith("digest_desk_"))
    value = locked.client.cookies[name]
    # Not the last letter: it has bits that mean nothing.
    for forged in (value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1], "", "x.y.z", '"Ada"'):
        answer = httpx.get(f"{locked.url}/", cookies={name: forged}, verify=NO_CERTIFICATES)
        assert answer.status_code == 303


def test_guessing_is_slowed_down_and_keeps_no_colleague_out(locked: ServedDesk) -> None:
    guesser = httpx.Client(base_url=locked.url, follow_redirects=True, verify=NO_CERTIFICATES)
    token = token_of(guesser.get("/login").text)

    def guess(name: str, password: str) -> str:
        return guesser.post("/login", data={"token": token, "name": name, "password": password}).text

    assert "Week 10" in log_in(locked, name="Ada").text, "her browser is known from now on"
    locked.client.post("/logout", data={"token": token_of(locked.page("/"))})
    for _ in range(FREE_PER_PERSON):
        assert "Wrong password" in guess("Ada", "guess")
    assert "too many wrong passwords" in guess("Ada", "open sesame")
    assert "Week 10" in log_in(locked, name="Ada").text, "from the same network, in her own browser"
    assert "Week 10" in guess("Bo", "open sesame"), "another person"
    guesser.close()


def test_beyond_loopback_it_does_not_start_without_a_password(desk: ServedDesk) -> None:
    with pytest.raises(SettingsError, match="open to everybody") as error:
        DeskServer(desk.context, host="0.0.0.0", port=0)
    assert "DIGEST_DESK_PASSWORD" in error.value.remedy
    assert "oidc" in error.value.remedy
    assert is_loopback("localhost")
    assert is_loopback("127.9.9.9")
    assert is_loopback("[::1]")
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("example.org")


def test_a_port_in_use_is_reported(desk: ServedDesk) -> None:
    port = int(desk.url.rpartition(":")[2])
    with pytest.raises(DigestError, match=r"cannot listen on 127\.0\.0\.1"):
        DeskServer(desk.context, port=port)
