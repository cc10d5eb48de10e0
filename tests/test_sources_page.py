"""docs/sources.md tells editors what each kind of trouble means: none may be missing, and none may be made up."""

from __future__ import annotations

import re
from pathlib import Path

from digest.collect import explain_failure
from digest.collect.explain_failure import FailureKind
from digest.model import Outcome

PAGE = (Path(__file__).parent.parent / "docs" / "sources.md").read_text("utf-8")
OUTCOMES, FAILURES = (
    re.findall(r"^\| `([\w-]+)` \|(.*)", part, re.MULTILINE) for part in PAGE.split("## Why a visit", 1)
)


def test_each_kind_of_failure_has_its_line_and_no_other() -> None:
    assert sorted(kind for kind, _ in FAILURES) == sorted(FailureKind)


def test_each_outcome_has_its_line() -> None:
    assert {word for word, _ in OUTCOMES} == set(Outcome)


def test_each_line_says_what_it_means_and_what_to_do() -> None:
    for _, line in FAILURES:
        words, meaning, remedy = (cell.strip() for cell in line.strip().strip("|").split(" | "))
        assert words.startswith('"')
        assert meaning.endswith(".")
        assert remedy.endswith(".")


def test_words_that_the_page_quotes_are_those_that_editors_read() -> None:
    statuses = [explain_failure.status_failure(status, "x.org") for status in (410, 404, 403, 429, 500, 418)]
    reasons = dict(statuses) | {
        FailureKind.CHALLENGE: explain_failure.challenge("x.org"),
        FailureKind.FORBIDDEN: explain_failure.forbidden("x.org", []),
        FailureKind.BAD_ADDRESS: explain_failure.bad_address("x"),
        FailureKind.NO_HOST: explain_failure.no_host("x.org", for_now=False),
        FailureKind.NAME_SERVER: explain_failure.no_host("x.org", for_now=True),
        FailureKind.REFUSED: explain_failure.refused("x.org"),
        FailureKind.TLS: explain_failure.tls("x.org", None),
        FailureKind.TIMEOUT: explain_failure.timeout("x.org", 1),
        FailureKind.LOOP: explain_failure.loop("x.org"),
        FailureKind.BROKEN: explain_failure.broken("x.org"),
        FailureKind.ROBOTS: explain_failure.robots("x.org"),
    }
    quotes = {kind: re.findall(r'"([^"]+)"', line) for kind, line in FAILURES}
    assert [kind for kind, reason in reasons.items() if not any(quote in reason for quote in quotes[kind])] == []
    assert explain_failure.NO_NAMES.startswith("No name could be looked up, of any source")
