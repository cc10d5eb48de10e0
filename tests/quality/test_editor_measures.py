"""What the suite `editor` counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import quality
from benchmarks.quality_suites import editor
from benchmarks.verdicts import BEST, GOOD, Row, read_posts, verdicts
from digest.model import Sentence, Summary

ROWS = [
    {"id": str(number), "source": "The Town Crier", "title": "Towns", "text": "One  met. Two met. Three met. Four met."}
    for number in range(4)
]
VERDICT = {"best": [["One met."]], "good": ["Two met."], "bad": {"Three met.": "TEASER"}}
CHOSEN = {"0": ["One  met.", "Two met."], "1": ["Two met.", "Three met."], "2": ["One met.", "Four met."], "3": []}


def files(folder: Path) -> tuple[Path, Path]:
    rows, annotations = folder / "rows.jsonl", folder / "annotations.jsonl"
    rows.write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    annotations.write_text("\n".join(json.dumps({"id": row["id"], **VERDICT}) for row in ROWS), "utf-8")
    return rows, annotations


def summary_of(row: Row) -> Summary:
    return Summary(tuple(Sentence(text, 0, len(text)) for text in CHOSEN[str(row["id"])]), "lead")


def test_printable_hit_and_trap_are_shares_of_the_posts(tmp_path: Path) -> None:
    scores = editor.measure(editor.judge(read_posts(*files(tmp_path)), summary_of))
    assert (scores["printable"], scores["hit"], scores["trap"], scores["n"]) == (0.25, 0.5, 0.25, 4)
    assert scores["traps"] == {"TEASER": 1}


def test_verdicts_name_sentences_by_words_or_by_where_they_stand(tmp_path: Path) -> None:
    rows, annotations = files(tmp_path)
    by_place = {"id": "0", "best": [["0-8"]], "good": ["9-17"], "bad": {"18-28": "TEASER"}}
    annotations.write_text(json.dumps(by_place), "utf-8")
    ((_, annotation),) = read_posts(rows, annotations)
    assert verdicts(annotation) == {"One met.": BEST, "Two met.": GOOD, "Three met.": "TEASER"}


def test_editor_suite_takes_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, annotations = map(str, files(tmp_path))
    assert quality.main(["editor", rows, annotations, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert (scores["n"], scores["sources"]["other sources"]["n"]) == (4, 4)
    assert "nested" not in scores  # the shipped model never saw these posts
    with pytest.raises(SystemExit, match="2"):
        quality.main(["editor", rows])
    with pytest.raises(SystemExit, match="2"):
        quality.main(["summaries", rows, annotations])
