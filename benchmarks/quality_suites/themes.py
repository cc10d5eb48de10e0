"""Themes: is each post placed where its label says?

- `strict`, `hard`, `macro_f1`: posts of the four themes, by the best of the four (`hard`: the traps among them).
- `strict_with_other`, `macro_f1_with_other`: all posts, by where they were really placed, elsewhere among it.
- `strict_as_placed`: posts of the four themes, where being placed elsewhere counts as wrong.
- `acceptable`: all posts, placed under any of the themes that their row accepts.

A post is placed as in an edition: its source's other posts in the file are the earlier ones that its source leans by.
Their labels are not seen. `alone` has the scores without them, as for the first post of a new source.

Rows that the shipped model was trained on would flatter it. They are known by their fingerprints and placed by models
trained here without any row of their source (`validated`: rows, folds), by the setting that was shipped; other rows are
placed by the shipped model. `nested`: the same scores of the rows learnt from, by models that chose their setting, too,
without the rows that they place. `collections`: the scores of each, and `left_out`: by a model that never saw it.
`reliability`: what a share is worth. `corrections`: what an editor's moves change. `held_out`: how well a theme of the
settings does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality_suites.collections_of_sources import collection
from benchmarks.quality_suites.themes_corrections import CORRECTIONS, corrections
from benchmarks.quality_suites.themes_held_out import held_out_themes
from benchmarks.quality_suites.themes_models import Case, Trained, folds_of, models_by_part, place, shipped_data
from benchmarks.results import Scored
from benchmarks.train_themes import LABELS, fingerprint, read_rows
from digest.model import ELSEWHERE, Placement
from digest.read.themes import linear_model

FOUR = tuple(key for key in LABELS.values() if key != ELSEWHERE)
TENTHS = 10


def score(path: Path) -> Scored:
    """The scores of the rows of a .jsonl file in the layout of the themes corpus, or of all such in a folder."""
    paths = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    rows = read_rows(paths)
    trained_on = set(shipped_data()["trained_on"])
    known = [row for row in rows if fingerprint(row) in trained_on]
    learnt = _learnt(path if path.is_dir() else path.parent, trained_on) if known else []
    folds = models_by_part(learnt, folds_of(Counter(row["source"] for row in learnt)).__getitem__)
    shipped = linear_model.shipped()
    cases = [
        Case(row, LABELS[row["theme"]], folds[row["source"]].plain if fingerprint(row) in trained_on else shipped)
        for row in rows
    ]
    placed = place(cases)
    scores: dict[str, Any] = measure([case.row for case in cases], placed)
    scores["alone"] = measure([case.row for case in cases], place(cases, alone=True))
    scores["validated"] = {"rows": len(known), "folds": len({id(trained) for trained in folds.values()})}
    nested = [Case(row, LABELS[row["theme"]], folds[row["source"]].nested) for row in known]
    if nested:
        scores["nested"] = measure(known, place(nested)) | {"n": len(nested)}
        scores["nested"]["alone"] = measure(known, place(nested, alone=True))
    scores["collections"] = _collections(cases, placed, nested, models_by_part(learnt, collection))
    scores["reliability"] = _reliability(cases, placed)
    if len(rows) >= 2 * CORRECTIONS:
        scores["corrections"] = corrections(
            nested or cases, lambda cases, placed: measure([case.row for case in cases], placed)["strict_with_other"]
        )
    if len(known) == len(rows):
        scores["held_out"] = held_out_themes(known)
    return Scored(len(rows), scores)


def measure(rows: Sequence[dict[str, Any]], placed: Sequence[Placement]) -> dict[str, Any]:
    """The scores of these rows that were placed so."""
    labels = [LABELS[row["theme"]] for row in rows]
    four = [
        (theme, row["hard"], next(key for key, _ in placement.scores if key != ELSEWHERE), placement.theme)
        for theme, row, placement in zip(labels, rows, placed, strict=True)
        if theme != ELSEWHERE
    ]
    every = [(theme, placement.theme) for theme, placement in zip(labels, placed, strict=True)]
    acceptable = [
        placement.theme in {LABELS[theme] for theme in row["themes"]}
        for row, placement in zip(rows, placed, strict=True)
    ]
    return {
        "strict": _share([theme == best for theme, _, best, _ in four]),
        "hard": _share([theme == best for theme, hard, best, _ in four if hard]),
        "macro_f1": _macro_f1([(theme, best) for theme, _, best, _ in four], FOUR),
        "strict_with_other": _share([theme == placed_theme for theme, placed_theme in every]),
        "macro_f1_with_other": _macro_f1(every, (*FOUR, ELSEWHERE)),
        "strict_as_placed": _share([theme == placed_theme for theme, _, _, placed_theme in four]),
        "acceptable": _share(acceptable),
    }


def _learnt(folder: Path, trained_on: set[str]) -> list[dict[str, Any]]:
    """All rows of the folder's files that the shipped model learnt from."""
    return [row for row in read_rows(sorted(folder.glob("*.jsonl"))) if fingerprint(row) in trained_on]


def _collections(
    cases: Sequence[Case], placed: Sequence[Placement], nested: Sequence[Case], left_out: dict[str, Trained]
) -> dict[str, dict[str, Any]]:
    """By collection: the plain scores; of the rows learnt from the nested ones, and those without the collection."""
    scores: dict[str, dict[str, Any]] = {}
    for name in sorted({collection(case.row["source"]) for case in cases}):
        here = [n for n, case in enumerate(cases) if collection(case.row["source"]) == name]
        plain = measure([cases[n].row for n in here], [placed[n] for n in here])
        scores[name] = {"n": len(here), "plain": plain}
        own = [case for case in nested if collection(case.row["source"]) == name]
        if own:
            rows = [case.row for case in own]
            without = [Case(case.row, case.theme, left_out[case.row["source"]].nested) for case in own]
            scores[name]["nested"] = measure(rows, place(own))
            scores[name]["left_out"] = measure(rows, place(without))
    return scores


def _reliability(cases: Sequence[Case], placed: Sequence[Placement]) -> dict[str, dict[str, float]]:
    """By the share of the theme where posts were placed, and of what the desk says of them: how often it is right."""
    parts: dict[str, list[int]] = {}
    for n, placement in enumerate(placed):
        low = min(9, int(placement.scores[0][1] * TENTHS))
        parts.setdefault(f"share {low / TENTHS:.1f} to {(low + 1) / TENTHS:.1f}", []).append(n)
        said = "between two themes" if placement.between else "sure" if placement.sure else "not sure"
        parts.setdefault(said, []).append(n)
    return {
        name: {
            "n": len(numbers),
            "share": round(sum(placed[n].scores[0][1] for n in numbers) / len(numbers), 3),
            "right": _share([placed[n].theme == cases[n].theme for n in numbers]),
            "right_or_next": _share([cases[n].theme in {key for key, _ in placed[n].scores[:2]} for n in numbers]),
        }
        for name, numbers in sorted(parts.items())
    }


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
