"""What the suite `extraction_parts` takes out is there to be taken out, and is there again afterwards."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from benchmarks import tables
from benchmarks.quality_suites import extraction, extraction_nested, extraction_parts
from benchmarks.replaced import replaced
from digest.read.article import extract

PROSE = "The town has three hundred allotments, and twice as many people who would like to have one of them."


def corpus(folder: Path, pages: int) -> Path:
    for part in ("gold", "html"):
        (folder / part).mkdir()
    rows = []
    for number in range(pages):
        text = "\n".join(f"{PROSE} Plot {number} of {line}." for line in range(12))
        body = "".join(f"<p>{line}</p>" for line in text.split("\n"))
        html = f"<html><body><article><h1>Plots</h1>{body}<p>Subscribe to this blog.</p></article></body></html>"
        row = {
            "id": f"p{number}",
            "set": "blogs",
            "url": f"https://site{number}.example/p",
            "kind": "fulltext",
            "text": text,
        }
        (folder / "gold" / f"p{number}.json").write_text(json.dumps(row), "utf-8")
        (folder / "html" / f"p{number}.html.gz").write_bytes(gzip.compress(html.encode()))
        rows.append(json.dumps(row))
    (folder / "manifest.jsonl").write_text("\n".join(rows), "utf-8")
    return folder


def test_every_part_names_what_a_module_has() -> None:
    for name, replacements in extraction_parts.parts().items():
        assert all(hasattr(module, attribute) for module, attribute, _ in replacements), name


def test_what_was_replaced_comes_back() -> None:
    own = extract.prune
    with replaced([(extract, "prune", None)]):
        assert extract.prune is None
    assert extract.prune is own


def test_a_part_that_pays_lowers_the_score_where_it_is_taken_out(tmp_path: Path) -> None:
    cases = extraction.cases(corpus(tmp_path, 3))
    whole = [extraction.page_score(gold, extraction.text_of(page)) for gold, page in cases]
    assert extraction.f1_of(whole) == {"blogs": 1.0, "mean": 1.0}
    assert extraction.f1_of(extraction_nested.page_scores(cases))["mean"] == 1.0
    with replaced(extraction_parts.parts()["boilerplate"]):
        without = [extraction.page_score(gold, extraction.text_of(page)) for gold, page in cases]
    assert extraction.f1_of(without)["mean"] < 1.0


def test_scores_of_several_columns_become_a_table_of_them() -> None:
    result = {
        "n": 2,
        "date": "2026-11-30",
        "machine": "a machine",
        "scores": {"a": {"f1": 0.5}, "b": {"f1": 1.0, "sites": 3}},
    }
    assert tables.table(result).splitlines()[:4] == [
        "| what | f1 | sites |",
        "| --- | --- | --- |",
        "| a | 0.500 | – |",
        "| b | 1.000 | 3 |",
    ]
