"""robots.txt, as RFC 9309 has it."""

from __future__ import annotations

import time

import pytest

from digest.collect.robots import ALLOW_ALL, parse_robots

NAME = "Digest"


def allows(text: str, path: str) -> bool:
    return parse_robots(text, NAME).allow(path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/a", False),
        ("User-agent: *\nDisallow: /private", "/public", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?a", True),
        ("User-agent: *\nDisallow: /a*z", "/a/b/z/c", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café", False),
        ("User-agent: *\nDisallow: /?p=", "/?p=5", False),
        ("user-agent:digest\ndisallow:/a\n\nUser-agent: *\nDisallow: /b", "/a", False),
        ("user-agent: digest\ndisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", True),
        ("User-agent: digest\nUser-agent: other\nDisallow: /a", "/a", False),
        ("User-agent: digestive\nDisallow: /", "/a", True),
        ("User-agent: Digest/1.0\nDisallow: /a", "/a", False),
        ("User-agent: digest\nAllow: /\nUser-agent: digest\nDisallow: /a", "/a", False),
        ("Disallow: /", "/a", True),
        ("# a comment\nUser-agent: * # all\nDisallow: /a # this", "/a", False),
        ("<html>not found</html>", "/a", True),
        ("", "/a", True),
    ],
)
def test_rules_are_kept(rules: str, path: str, allowed: bool) -> None:
    assert allows(rules, path) is allowed


def test_a_crawl_delay_is_told() -> None:
    assert parse_robots("User-agent: *\nCrawl-delay: 2.5", NAME).delay == 2.5
    assert parse_robots("User-agent: *\nCrawl-delay: soon", NAME) == ALLOW_ALL


def test_patterns_made_to_run_for_ever_do_not() -> None:
    rules = "User-agent: *\n" + f"Disallow: /{'a*' * 500}b$\n" * 500
    started = time.perf_counter()
    assert parse_robots(rules, NAME).allow("/" + "a" * 4_000)
    assert time.perf_counter() - started < 5
