"""A floor rises when the score does; it falls only in a commit that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality_suites import extraction

CORPUS = Path(__file__).parents[2] / "../shared/corpora/extraction"
FLOORS = {"aeb": 0.983, "readability": 0.974, "trafilatura-eval": 0.948, "blogs": 0.986, "mean": 0.973}


@pytest.mark.thorough
@pytest.mark.skipif(not CORPUS.exists(), reason="needs the shared corpora")
def test_extraction_stays_above_its_floors() -> None:
    scores = extraction.score(CORPUS).scores
    for name, floor in FLOORS.items():
        assert scores[name]["f1"] >= floor, f"{name}: {scores[name]} fell below {floor}"
