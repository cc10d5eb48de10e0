"""A floor rises when the score does; it falls only in a commit that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality_suites import sentences

CORPUS = Path(__file__).parents[2] / "../shared/corpora/sentences/dev.jsonl"
FLOORS = {"all": 0.957, "gov": 0.985, "gum": 0.979, "ewt": 0.902, "golden": 0.897}


@pytest.mark.skipif(not CORPUS.exists(), reason="needs the shared corpora")
def test_sentences_stay_above_their_floors() -> None:
    scores = sentences.score(CORPUS).scores
    for name, floor in FLOORS.items():
        assert scores[name] >= floor, f"{name}: {scores[name]} fell below {floor}"
