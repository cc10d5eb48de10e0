"""Security headers, and the content security policy of a mail."""

from __future__ import annotations

from digest.web.security_headers import SecurityHeaders, mail_policy
from tests.web.small_app import INNER, fetch, run


def test_headers_are_added_unless_a_page_has_its_own_policy() -> None:
    app = SecurityHeaders(INNER)
    assert "default-src 'none'" in run(fetch(app)).headers["content-security-policy"]
    assert run(fetch(app, path="/own")).headers["content-security-policy"] == "sandbox"
    assert run(fetch(app)).headers["cache-control"] == "no-store"


def test_the_content_security_policy_of_a_mail() -> None:
    assert "img-src 'none'" in mail_policy()
    assert "img-src 'self' data: https://digest.example" in mail_policy(images=["https://digest.example"])
    assert "script" not in mail_policy(images=[]).replace("allow-scripts", "script")
