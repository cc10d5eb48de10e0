"""Themes: is each post placed where its label says?

- `strict`, `hard`, `macro_f1`: posts of the four themes, by the best of the four (`hard`: the traps among them).
- `strict_with_other`, `macro_f1_with_other`: all posts, by where they were really placed, elsewhere among it.
- `strict_as_placed`: posts of the four themes, where being placed elsewhere counts as wrong.

Rows that the shipped model was trained on would flatter it. They are known by their fingerprints and placed by models
trained here without any row of their source (`validated`: rows, folds); other rows are placed by the shipped model.
`corrections`: `strict_with_other` on the rows left when the editor has moved 50 posts, with and without having learnt.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.results import Scored
from benchmarks.train_themes import LABELS, fingerprint, read_row, train
from digest.model import ELSEWHERE, Evidence, Placement, Source, Theme
from digest.read.themes import linear_model
from digest.read.themes.linear_model import Model
from digest.read.themes.place_post import Placer

FOUR = tuple(key for key in LABELS.values() if key != ELSEWHERE)
THEMES = tuple(Theme(key, key) for key in FOUR)
FOLDS = 10
CORRECTIONS = 50
DRAWS = 3


@dataclass(frozen=True, slots=True)
class Case:
    row: dict[str, Any]
    theme: str
    model: Model


def score(path: Path) -> Scored:
    """The scores of the rows of a .jsonl file in the layout of the themes corpus."""
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    cases, folds = _cases(rows)
    placed = _place(cases, ())
    scores: dict[str, Any] = measure([(case.theme, case.row["hard"]) for case in cases], placed)
    scores["validated"] = {"rows": sum(case.model is not linear_model.shipped() for case in cases), "folds": folds}
    if len(rows) >= 2 * CORRECTIONS:
        scores["corrections"] = _corrections(cases, placed)
    return Scored(len(rows), scores)


def measure(truth: Sequence[tuple[str, bool]], placed: Sequence[Placement]) -> dict[str, float]:
    """The five scores and `strict_as_placed`; `truth` is (theme, hard) a post."""
    four = [
        (theme, hard, next(key for key, _ in placement.scores if key != ELSEWHERE), placement.theme)
        for (theme, hard), placement in zip(truth, placed, strict=True)
        if theme != ELSEWHERE
    ]
    every = [(theme, placement.theme) for (theme, _), placement in zip(truth, placed, strict=True)]
    return {
        "strict": _share([theme == best for theme, _, best, _ in four]),
        "hard": _share([theme == best for theme, hard, best, _ in four if hard]),
        "macro_f1": _macro_f1([(theme, best) for theme, _, best, _ in four], FOUR),
        "strict_with_other": _share([theme == placed_theme for theme, placed_theme in every]),
        "macro_f1_with_other": _macro_f1(every, (*FOUR, ELSEWHERE)),
        "strict_as_placed": _share([theme == placed_theme for theme, _, _, placed_theme in four]),
    }


def _cases(rows: list[dict[str, Any]]) -> tuple[list[Case], int]:
    """Each row with the model that may place it: one that never saw its source, or the shipped one for new rows."""
    data = json.loads((files("digest.read") / "data" / "themes_model.json").read_text("utf-8"))
    trained_on = set(data["trained_on"])
    learnt = [read_row(row) for row in rows if fingerprint(row) in trained_on]
    fold = _folds(Counter(row.source for row in learnt))
    models = {
        number: linear_model.parse(train([row for row in learnt if fold[row.source] != number]))
        for number in sorted(set(fold.values()))
        if len(set(fold.values())) > 1
    }
    shipped = linear_model.shipped()
    cases = []
    for row in rows:
        model = models.get(fold.get(row["source"], -1), shipped) if fingerprint(row) in trained_on else shipped
        cases.append(Case(row, LABELS[row["theme"]], model))
    return cases, len(models)


def _folds(sources: Counter[str]) -> dict[str, int]:
    """Sources to folds of about the same number of rows, the large ones first."""
    filled = [0] * FOLDS
    folds: dict[str, int] = {}
    for source, count in sorted(sources.items(), key=lambda pair: (-pair[1], pair[0])):
        folds[source] = filled.index(min(filled))
        filled[folds[source]] += count
    return folds


def _place(cases: Sequence[Case], evidence: tuple[Evidence, ...]) -> list[Placement]:
    placers: dict[int, Placer] = {}
    placed = []
    for case in cases:
        if id(case.model) not in placers:
            placers[id(case.model)] = Placer(THEMES, evidence, model=case.model)
        source = Source(case.row["source"], "") if evidence else None
        placed.append(placers[id(case.model)].place(title=case.row["title"], text=case.row["text"], source=source))
    return placed


def _corrections(cases: list[Case], before: list[Placement]) -> dict[str, Any]:
    """The mean over draws: 50 posts are moved where they belong, the others are placed before and after."""
    sums: dict[str, float] = defaultdict(float)
    for draw in range(DRAWS):
        order = sorted(
            range(len(cases)), key=lambda n: hashlib.sha256(f"{draw} {cases[n].row['id']}".encode()).digest()
        )
        moved, rest = order[:CORRECTIONS], order[CORRECTIONS:]
        evidence = tuple(
            Evidence(cases[n].row["title"], cases[n].row["text"], cases[n].row["source"], cases[n].theme) for n in moved
        )
        truth = [(cases[n].theme, bool(cases[n].row["hard"])) for n in rest]
        after = measure(truth, _place([cases[n] for n in rest], evidence))
        without = measure(truth, [before[n] for n in rest])
        for key in ("strict", "strict_with_other"):
            sums[key] += after[key]
            sums[f"{key}_without"] += without[key]
    return {"moved": CORRECTIONS} | {key: round(value / DRAWS, 4) for key, value in sorted(sums.items())}


def _share(right: Sequence[bool]) -> float:
    return round(sum(right) / len(right), 4) if right else 0.0


def _macro_f1(pairs: Sequence[tuple[str, str]], keys: Sequence[str]) -> float:
    scores = []
    for key in keys:
        right = sum(truth == placed == key for truth, placed in pairs)
        named = sum(truth == key for truth, _ in pairs) + sum(placed == key for _, placed in pairs)
        if named:
            scores.append(2 * right / named)
    return round(sum(scores) / len(scores), 4) if scores else 0.0
