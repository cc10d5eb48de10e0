"""The quality of summaries never falls unnoticed. A floor falls only in a commit that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality_suites import editor, summaries

FOLDER = Path(__file__).parents[2] / "../shared/corpora/summaries"
FLOORS = {"rouge1": 0.305, "rouge2": 0.12, "rougeL": 0.235}
"""Of the standfirst set: a guard, as summaries are chosen by editors' verdicts."""
LEAST = {"dev": {"printable": 0.57, "hit": 0.52}, "dev2": {"printable": 0.605, "hit": 0.515}}
MOST = {"dev": {"trap": 0.22}, "dev2": {"trap": 0.19}}
"""By models that never saw the source."""

needs_data = pytest.mark.skipif(not FOLDER.exists(), reason="the labelled posts are not on this machine")


@pytest.mark.thorough
@needs_data
def test_summaries_of_posts_with_standfirsts(tmp_path: Path) -> None:
    rows = (FOLDER / "dev.jsonl").read_text("utf-8").splitlines()
    some = tmp_path / "standfirst.jsonl"
    some.write_text("\n".join(row for row in rows if json.loads(row)["set"] == "standfirst"), "utf-8")
    scores = summaries.score(some).scores["standfirst"]
    below = {name: (scores[name], floor) for name, floor in FLOORS.items() if scores[name] < floor}
    assert not below


@pytest.mark.thorough
@needs_data
@pytest.mark.parametrize("collection", ["dev", "dev2"])
def test_summaries_of_sources_never_seen_by_an_editors_verdicts(collection: str) -> None:
    scores = editor.score(FOLDER / f"{collection}.jsonl", FOLDER / f"editor.{collection}.jsonl").scores["nested"]
    below = {name: (scores[name], floor) for name, floor in LEAST[collection].items() if scores[name] < floor}
    above = {name: (scores[name], ceiling) for name, ceiling in MOST[collection].items() if scores[name] > ceiling}
    assert (below, above) == ({}, {})
