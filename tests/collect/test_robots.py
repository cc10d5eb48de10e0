"""robots.txt, as RFC 9309 has it."""

from __future__ import annotations

import time
import tracemalloc

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
        (
            "User-agent: digest\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: Digest\nDisallow: /b",
            "/b",
            False,
        ),
        ("User-agent: *\nDisallow: /a\n\nUser-agent: digest\nDisallow:", "/a", True),
        ("User-agent: *\nSitemap: https://x.org/s.xml\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a", "//[a", True),
        ("User-agent: *\nDisallow: /a", "/a\ud800", False),
    ],
)
def test_allows_and_disallows_as_the_rules_say(rules: str, path: str, allowed: bool) -> None:
    assert allows(rules, path) is allowed


def test_a_crawl_delay_is_read() -> None:
    assert parse_robots("User-agent: *\nCrawl-delay: 2.5", NAME).delay == 2.5
    assert parse_robots("User-agent: *\nCrawl-delay: 2\nCrawl-delay: 7\nCrawl-delay: 1e9", NAME).delay == 7
    assert parse_robots("User-agent: x\nCrawl-delay: 9\n\nUser-agent: *\nCrawl-delay: 2", NAME).delay == 2
    assert parse_robots("User-agent: *\nCrawl-delay: soon", NAME) == ALLOW_ALL


def test_hostile_patterns_take_little_time() -> None:
    rules = "User-agent: *\n" + f"Disallow: /{'a*' * 500}b$\n" * 500
    started = time.perf_counter()
    assert parse_robots(rules, NAME).allow("/" + "a" * 4_000)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "rule",
    [
        f"Disallow: /{'a*' * 240}b$",  # as many wildcards as a rule may have
        f"Disallow: /*{'a' * 400}b",  # a long piece that nearly matches everywhere
        "Disallow: /*aaaa*aaaa*b",
        "A:",
    ],
)
def test_the_largest_robots_txt_takes_little_time(rule: str) -> None:
    text = "User-agent: *\n" + f"{rule}\n" * (500_000 // len(f"{rule}\n"))
    started = time.thread_time()
    rules = parse_robots(text, NAME)
    assert all(rules.allow(f"/{'a' * 4_000}?{number}") for number in range(5))
    assert time.thread_time() - started < 5


def test_a_robots_txt_of_many_agents_takes_little_memory() -> None:
    agents = "".join(f"User-agent: a{'b' * (number % 7)}{number}\n" for number in range(12_000))
    text = agents + "User-agent: *\n" + "Disallow: /a\n" * 20_000
    tracemalloc.start()
    try:
        assert not parse_robots(text, NAME).allow("/a")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20_000_000


def test_rules_beyond_the_limits_are_left_out_and_the_others_hold() -> None:
    long, late = "/" + "x" * 500, "".join(f"Disallow: /{number}\n" for number in range(2_500))
    rules = parse_robots(f"User-agent: *\nDisallow: {long}\n{late}", NAME)
    assert rules.allow(long)
    assert not rules.allow("/1999")
    assert rules.allow("/x2400")
    assert rules.allow("/private")


def test_rule_of_countless_wildcards_is_left_out() -> None:
    rules = parse_robots(f"User-agent: *\nDisallow: /{'*a' * 11}\nDisallow: /b{'*a' * 9}\n", NAME)
    assert rules.allow("/" + "a" * 20)
    assert not rules.allow("/b" + "a" * 20)
