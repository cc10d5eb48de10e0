"""Logging in through an OpenID Connect provider, and every ID token that proves nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from digest.settings import Secrets
from digest.steps.editing.desk_data import trail
from tests.loopback import NO_CERTIFICATES
from tests.steps.newsletter_setup import WEEK
from tests.web.desk.oidc_provider import CLIENT, SECRET, Provider, new_key, serve_provider
from tests.web.desk_server import ServedDesk, serve_desk, token_of

BENCH = f"/editions/{WEEK}"
SECRETS = Secrets(_env_file=None, oidc_client_secret=SecretStr(SECRET))


@pytest.fixture(scope="module")
def serving(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, ServedDesk]]:
    with serve_provider() as provider:
        rule = {
            "auth": "oidc",
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "people": [{"name": "Ada Lovelace", "login": "ada@example.org", "role": "approver"}],
        }
        folder = tmp_path_factory.mktemp("oidc")
        with serve_desk(composed_week, folder, secrets=SECRETS, tables={"desk": rule}) as desk:
            yield provider, desk


@pytest.fixture
def provider(serving: tuple[Provider, ServedDesk]) -> Provider:
    """The provider, as honest as new; the desk has its key already."""
    one, issuer, key = serving[0], serving[0].issuer, serving[0].key
    one.__init__(issuer=issuer, key=key)  # type: ignore[misc]  # its fields, not its server, are made anew
    return one


@pytest.fixture
def visitor(serving: tuple[Provider, ServedDesk], provider: Provider) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serving[1].url, timeout=30, verify=NO_CERTIFICATES) as client:
        yield client


def start(visitor: httpx.Client, page: str = BENCH, **parameters: str) -> str:
    """Begin to log in; return the address at the provider."""
    answer = visitor.get("/login/oidc", params={"next": page, **parameters})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def log_in(visitor: httpx.Client, page: str = BENCH) -> httpx.Response:
    return visitor.get(httpx.get(start(visitor, page), verify=NO_CERTIFICATES).headers["location"])


def test_a_log_in_leads_to_the_page_and_names_the_person(
    serving: tuple[Provider, ServedDesk], visitor: httpx.Client
) -> None:
    _, desk = serving
    assert visitor.get(BENCH).headers["location"] == f"/login?next={BENCH}"
    assert f"/login/oidc?next={BENCH}" in visitor.get("/login", params={"next": BENCH}).text
    query = {name: values[0] for name, values in parse_qs(urlsplit(start(visitor)).query).items()}
    assert query["scope"].split()[0] == "openid"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == f"{desk.url}/login/oidc/callback"
    back = log_in(visitor)
    assert (back.status_code, back.headers["location"]) == (303, BENCH)
    page = visitor.get(BENCH).text
    post = desk.edition.posts[0].id
    assert visitor.post(f"{BENCH}/posts/{post}/pin", data={"token": token_of(page)}).status_code == 303
    assert trail(desk.context, WEEK)[0].by == "Ada Lovelace"


def test_who_is_not_listed_is_not_let_in(provider: Provider, visitor: httpx.Client) -> None:
    provider.email = "eve@example.org"
    back = log_in(visitor)
    assert back.status_code == 403
    assert "knows you as eve@example.org, but you may not use this desk" in back.text
    assert visitor.get(BENCH).status_code == 303


NOW = int(time.time())
FAULTS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "http://127.0.0.1:1"},
    "another audience": {"aud": "someone-else"},
    "no audience": {"aud": None},
    "two audiences, no party": {"aud": [CLIENT, "someone-else"]},
    "another party": {"azp": "someone-else"},
    "expired": {"exp": NOW - 3600, "iat": NOW - 3900},
    "no expiry": {"exp": None},
    "expiry is no number": {"exp": "tomorrow"},
    "from the future": {"iat": NOW + 86_400},
    "old": {"iat": NOW - 86_400},
    "another nonce": {"nonce": "replayed"},
    "no nonce": {"nonce": None},
    "names nobody": {"sub": None},
    "an address that is not verified": {"email_verified": False},
    "no address": {"email": None},
    "an address that is no text": {"email": ["ada@example.org"]},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_that_proves_nothing_is_refused(provider: Provider, visitor: httpx.Client, fault: str) -> None:
    provider.claims = FAULTS[fault]
    back = log_in(visitor)
    assert back.status_code == 403
    assert "The log-in could not be checked" in back.text
    assert visitor.get(BENCH).status_code == 303


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_without_the_provider_s_signature_is_refused(
    provider: Provider, visitor: httpx.Client, algorithm: str
) -> None:
    provider.algorithm = algorithm
    back = log_in(visitor)
    assert back.status_code == 403
    assert "not signed by the provider" in back.text


def test_a_token_by_another_key_is_refused(provider: Provider, visitor: httpx.Client) -> None:
    provider.shown_keys = [provider.key]
    right, provider.key = provider.key, new_key("one")
    try:
        assert "not signed by the provider" in log_in(visitor).text
    finally:
        provider.key = right


def test_a_code_is_exchanged_once_and_only_where_the_log_in_began(provider: Provider, visitor: httpx.Client) -> None:
    address = httpx.get(start(visitor), verify=NO_CERTIFICATES).headers["location"]
    with httpx.Client(base_url=visitor.base_url, verify=NO_CERTIFICATES) as other:
        assert "not begun in this browser" in other.get(address).text
        start(other)
        assert "not begun in this browser" in other.get(address).text, "another state"
    cookies = dict(visitor.cookies)
    assert visitor.get(address).status_code == 303
    assert "not begun in this browser" in visitor.get(address).text, "its cookie is gone"
    again = httpx.get(address, cookies=cookies, verify=NO_CERTIFICATES)
    assert again.status_code == 403, "nor with a cookie that was kept: state and code are used up"
    used = address.partition("code=")[2].partition("&")[0]
    state = parse_qs(urlsplit(start(visitor)).query)["state"][0]
    replayed = visitor.get("/login/oidc/callback", params={"code": used, "state": state})
    assert "answered with status 400" in replayed.text


def test_an_answer_from_another_provider_or_with_an_error(provider: Provider, visitor: httpx.Client) -> None:
    address = httpx.get(start(visitor), verify=NO_CERTIFICATES).headers["location"]
    mixed = visitor.get(address.partition("&iss=")[0] + "&iss=https%3A%2F%2Fevil.example")
    assert "another log-in provider" in mixed.text
    state = parse_qs(urlsplit(start(visitor)).query)["state"][0]
    denied = visitor.get("/login/oidc/callback", params={"error": "<script>", "state": state})
    assert denied.status_code == 403
    assert "did not let you in" in denied.text
    assert "<script>" not in denied.text


def test_an_endless_answer_ends(provider: Provider, visitor: httpx.Client) -> None:
    provider.endless = True
    assert "sends too much, or too slowly" in log_in(visitor).text


def test_typed_text_waits_while_its_writer_is_at_the_provider(
    serving: tuple[Provider, ServedDesk], visitor: httpx.Client
) -> None:
    sent = visitor.post(f"{BENCH}/words", data={"introduction": "Not to be lost.", "token": "x"})
    assert sent.status_code == 401
    name = sent.text.partition("texts=")[2].partition('"')[0]
    back = visitor.get(httpx.get(start(visitor, texts=name), verify=NO_CERTIFICATES).headers["location"])
    assert back.headers["location"] == BENCH
    assert "Not to be lost." in visitor.get(BENCH).text


@pytest.mark.parametrize("page", ["//evil.example", "https://evil.example", "/login/oidc"])
def test_it_leads_to_no_other_site(visitor: httpx.Client, page: str) -> None:
    assert log_in(visitor, page).headers["location"] == "/"


def test_a_provider_that_lies_about_itself(composed_week: Path, tmp_path: Path) -> None:
    with serve_provider() as provider:
        rule = {"auth": "oidc", "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "default_role": "viewer"}
        with serve_desk(composed_week, tmp_path / "desk", secrets=SECRETS, tables={"desk": rule}) as desk:
            for metadata, problem in (
                ({"issuer": "https://evil.example"}, "calls itself"),
                ({"token_endpoint": "http://evil.example/token"}, "no safe token_endpoint"),
                ({"jwks_uri": "file:///etc/passwd"}, "no safe jwks_uri"),
            ):
                provider.metadata = metadata
                with httpx.Client(base_url=desk.url, verify=NO_CERTIFICATES) as visitor:
                    answer = visitor.get("/login/oidc")
                    # Documents that were refused are not kept: the next log-in asks anew.
                    assert (answer.status_code, problem in answer.text) == (502, True), answer.text
            provider.metadata = {}
            with httpx.Client(base_url=desk.url, verify=NO_CERTIFICATES) as visitor:
                assert log_in(visitor).headers["location"] == BENCH
                assert "ada@example.org (viewer)" in visitor.get("/").text
                # The provider changes its key: it is fetched again, but not with every token.
                provider.key = new_key("two")
                assert log_in(visitor).status_code == 403
