"""axe on what somebody meets who is not an approver with a session: each form of log-in, and a viewer's pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from digest.settings import Secrets
from tests.browser.axe import ALL, axe_source, violations
from tests.steps.newsletter_setup import WEEK
from tests.web.desk.oidc_provider import CLIENT, SECRET, serve_provider
from tests.web.desk_server import ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"
NewPage = Callable[..., Any]


@pytest.fixture
def stranger(new_page: NewPage) -> Any:
    """A browser that no desk knows, with axe."""
    page = new_page()
    page.context.clear_cookies()
    page.add_init_script(axe_source())
    return page


@pytest.mark.thorough
def test_the_terminals_log_in(still_desk: ServedDesk, stranger: Any) -> None:
    stranger.goto(still_desk.url + BENCH)
    stranger.get_by_role("heading", name="Open the desk").wait_for()
    assert violations(stranger, ALL) == []
    stranger.get_by_role("textbox", name="Or paste it here").fill("no address")
    stranger.get_by_role("button", name="Open").click()
    stranger.locator(".notice").first.wait_for()
    assert violations(stranger, ALL) == []


@pytest.mark.thorough
def test_the_log_in_with_a_password(composed_week: Path, tmp_path: Path, stranger: Any) -> None:
    secrets = Secrets(_env_file=None, desk_password=SecretStr("open sesame"))
    with serve_desk(composed_week, tmp_path, secrets=secrets) as desk:
        stranger.goto(desk.url + BENCH)
        assert violations(stranger, ALL) == []
        stranger.get_by_role("textbox", name="Your name").fill("Ada")
        stranger.get_by_label("Password").fill("wrong")
        stranger.get_by_role("button", name="Log in").click()
        stranger.locator(".notice").first.wait_for()
        assert violations(stranger, ALL) == []


@pytest.mark.thorough
def test_the_log_in_at_a_provider(composed_week: Path, tmp_path: Path, stranger: Any) -> None:
    with serve_provider() as provider:
        rule = {"auth": "oidc", "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "default_role": "viewer"}
        secrets = Secrets(_env_file=None, oidc_client_secret=SecretStr(SECRET))
        with serve_desk(composed_week, tmp_path, secrets=secrets, tables={"desk": rule}) as desk:
            stranger.goto(desk.url + BENCH)
            stranger.get_by_role("link", name="Log in").wait_for()
            assert violations(stranger, ALL) == []
            stranger.goto(desk.url + "/login/oidc/callback?error=access_denied")
            assert violations(stranger, ALL) == []


@pytest.mark.thorough
def test_a_viewers_pages(composed_week: Path, tmp_path: Path, stranger: Any) -> None:
    rule = {"auth": "header", "proxies": ["127.0.0.1/32"], "default_role": "viewer"}
    with serve_desk(composed_week, tmp_path, tables={"desk": rule}) as desk:
        stranger.set_extra_http_headers({"X-Forwarded-User": "cy"})
        post = desk.post("bin day").id
        failures = {}
        for path in (
            "/",
            BENCH,
            f"{BENCH}?post={post}",
            f"{BENCH}/history",
            "/search?q=bin",
            "/sources",
            "/subscribers",
        ):
            assert stranger.goto(desk.url + path).status == 200, path
            assert stranger.get_by_role("button", name="Pin").count() == 0, "a viewer's page"
            if broken := violations(stranger, ALL):
                failures[path] = broken
        assert failures == {}
