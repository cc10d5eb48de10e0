"""The floor under reading feeds. It rises only on purpose."""

from __future__ import annotations

from pathlib import Path

from benchmarks.quality_suites import feeds

FLOOR = 0.98
"""Of what the tests of six other parsers assert; 0.9885 is measured. What fails, fails on purpose: feedburner's own
address gives way to the post's, and an entry without a title is named after its text."""


def test_feeds_are_read_as_other_parsers_tests_demand(shared: Path) -> None:
    scored = feeds.score(shared / "corpora" / "feeds")
    assert scored.n > 200
    assert scored.scores["passed"] / scored.scores["asserted"] >= FLOOR, scored.scores["failed"]
