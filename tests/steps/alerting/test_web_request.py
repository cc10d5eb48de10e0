"""Asking for the URLs of the settings: bounded, without redirects, and without naming them."""

from __future__ import annotations

import json
import socket
import time

import pytest

from digest.steps.alerting.web_request import ask
from tests.steps.alerting.hook_server import hook_server

AGENT = "Digest/0.1"


def test_a_body_is_posted_and_without_one_the_url_is_got() -> None:
    with hook_server() as hook:
        assert ask(hook.url, user_agent=AGENT, body=json.dumps({"text": "ä"}).encode()) == ""
        assert ask(hook.url, user_agent=AGENT) == ""
        assert [(method, body) for method, _, body in hook.requests] == [("POST", b'{"text": "\\u00e4"}'), ("GET", b"")]


@pytest.mark.parametrize("status", [199, 301, 302, 308, 400, 403, 404, 410, 429, 500, 503])
def test_only_2xx_is_success_and_no_redirect_is_followed(status: int) -> None:
    with hook_server() as hook, hook_server() as elsewhere:
        hook.status, hook.location = status, elsewhere.url
        reason = ask(hook.url, user_agent=AGENT, body=b"{}")
        assert reason
        assert "s3cr3t" not in reason
        assert elsewhere.requests == []


def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    with hook_server() as hook:
        hook.drip_seconds = 0.05
        started = time.monotonic()
        assert "did not answer within 0.5 seconds" in ask(hook.url, user_agent=AGENT, body=b"{}", seconds=0.5)
        assert time.monotonic() - started < 3


def test_a_server_that_takes_the_connection_and_is_silent_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/s3cr3t"
        assert "did not answer" in ask(url, user_agent=AGENT, seconds=0.3)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/s3cr3t", "nothing answers"),
        ("http://169.254.169.254/s3cr3t", "network that nothing is sent to"),  # where clouds keep their credentials
        ("http://s3cr3t.invalid/", "cannot be looked up"),
        ("ftp://127.0.0.1/s3cr3t", "no web address"),
        ("s3cr3t", "no web address"),
    ],
)
def test_what_cannot_be_reached_is_said_without_the_address(url: str, words: str) -> None:
    reason = ask(url, user_agent=AGENT, seconds=5)
    assert words in reason
    assert "s3cr3t" not in reason
