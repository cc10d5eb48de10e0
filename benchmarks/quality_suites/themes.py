"""Themes: is each post placed where its label says?

- `strict`, `hard`, `macro_f1`: posts of the four themes, by the best of the four (`hard`: the traps among them).
- `strict_with_other`, `macro_f1_with_other`: all posts, by where they were really placed, elsewhere among it.
- `strict_as_placed`: posts of the four themes, where being placed elsewhere counts as wrong.
- `acceptable`: all posts, placed under any of the themes that their row accepts.

Rows that the shipped model was trained on would flatter it. They are known by their fingerprints and placed by models
trained here without any row of their source (`validated`: rows, folds), by the setting that was shipped; other rows are
placed by the shipped model. `nested`: the same scores of the rows learnt from, by models that chose their setting, too,
without the rows that they place. `collections`: the scores of each, and `left_out`: by a model that never saw it.
`corrections`: what 50 of the editor's moves of wrongly placed posts change, on the moved sources' other posts and on
300 of other sources.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchmarks.quality_suites.collections_of_sources import collection
from benchmarks.results import Scored
from benchmarks.train_themes import LABELS, Setting, choose, fingerprint, model, prepare, read_row, read_rows
from digest.model import ELSEWHERE, Evidence, Placement, Source, Theme
from digest.read.themes import linear_model
from digest.read.themes.linear_model import Model
from digest.read.themes.place_post import Placer

FOUR = tuple(key for key in LABELS.values() if key != ELSEWHERE)
THEMES = tuple(Theme(key, key) for key in FOUR)
FOLDS = 10
CORRECTIONS = 50
MOVES_A_SOURCE = 5
OTHERS = 300
DRAWS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A row with the model that may place it."""

    row: dict[str, Any]
    theme: str
    model: Model


@dataclass(frozen=True, slots=True)
class _Trained:
    """The models that were learnt without some rows: by the setting that was shipped, and by their own choice."""

    plain: Model
    nested: Model


def score(path: Path) -> Scored:
    """The scores of the rows of a .jsonl file in the layout of the themes corpus, or of all such in a folder."""
    paths = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    rows = read_rows(paths)
    trained_on = set(_shipped()["trained_on"])
    known = [row for row in rows if fingerprint(row) in trained_on]
    learnt = _learnt(path if path.is_dir() else path.parent, trained_on) if known else []
    folds = _by_part(learnt, _folds(Counter(row["source"] for row in learnt)).__getitem__)
    shipped = linear_model.shipped()
    cases = [
        Case(row, LABELS[row["theme"]], folds[row["source"]].plain if fingerprint(row) in trained_on else shipped)
        for row in rows
    ]
    placed = _place(cases, ())
    scores: dict[str, Any] = measure([case.row for case in cases], placed)
    scores["validated"] = {"rows": len(known), "folds": len({id(trained) for trained in folds.values()})}
    nested = [Case(row, LABELS[row["theme"]], folds[row["source"]].nested) for row in known]
    if nested:
        scores["nested"] = measure(known, _place(nested, ())) | {"n": len(nested)}
    scores["collections"] = _collections(cases, placed, nested, _by_part(learnt, collection))
    if len(rows) >= 2 * CORRECTIONS:
        scores["corrections"] = _corrections(cases, placed)
    return Scored(len(rows), scores)


def measure(rows: Sequence[dict[str, Any]], placed: Sequence[Placement]) -> dict[str, float]:
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


@cache
def _shipped() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("digest.read") / "data" / "themes_model.json").read_text("utf-8"))
    return data


def _learnt(folder: Path, trained_on: set[str]) -> list[dict[str, Any]]:
    """All rows of the folder's files that the shipped model learnt from."""
    return [row for row in read_rows(sorted(folder.glob("*.jsonl"))) if fingerprint(row) in trained_on]


def _by_part(rows: list[dict[str, Any]], part_of: Callable[[str], int | str]) -> dict[str, _Trained]:
    """By source, the models learnt without the part that the source is in."""
    parts = {row["source"]: part_of(row["source"]) for row in rows}
    read = [(parts[row["source"]], read_row(row)) for row in rows]
    setting = Setting(*_shipped()["setting"])
    trained = {}
    for part in sorted(set(parts.values()), key=str):
        prepared = prepare([row for at, row in read if at != part])
        chosen = choose(prepared)
        plain = linear_model.parse(model(prepared, setting))
        trained[part] = _Trained(plain, plain if chosen == setting else linear_model.parse(model(prepared, chosen)))
    return {source: trained[part] for source, part in parts.items()}


def _folds(sources: Counter[str]) -> dict[str, int]:
    """Sources to folds of about the same number of rows, the large ones first."""
    filled = [0] * FOLDS
    folds: dict[str, int] = {}
    for source, count in sorted(sources.items(), key=lambda pair: (-pair[1], pair[0])):
        folds[source] = filled.index(min(filled))
        filled[folds[source]] += count
    return folds


def _collections(
    cases: Sequence[Case], placed: Sequence[Placement], nested: Sequence[Case], left_out: dict[str, _Trained]
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
            scores[name]["nested"] = measure(rows, _place(own, ()))
            scores[name]["left_out"] = measure(rows, _place(without, ()))
    return scores


def _place(cases: Sequence[Case], evidence: tuple[Evidence, ...]) -> list[Placement]:
    placers: dict[int, Placer] = {}
    placed = []
    for case in cases:
        if id(case.model) not in placers:
            placers[id(case.model)] = Placer(THEMES, evidence, model=case.model)
        source = Source(case.row["source_name"], "")
        placed.append(placers[id(case.model)].place(title=case.row["title"], text=case.row["text"], source=source))
    return placed


def _corrections(cases: list[Case], before: list[Placement]) -> dict[str, Any]:
    """The mean over draws: 50 wrongly placed posts are moved where they belong, the others placed before and after."""
    sums: dict[str, float] = defaultdict(float)
    for draw in range(DRAWS):
        moved = _moved(cases, before, draw)
        rows = [cases[n].row for n in moved]
        evidence = tuple(Evidence(row["title"], row["text"], row["source_name"], LABELS[row["theme"]]) for row in rows)
        sources = {row["source_name"] for row in rows}
        rest = [n for n in range(len(cases)) if n not in moved]
        others = _shuffled([n for n in rest if cases[n].row["source_name"] not in sources], cases, draw)[:OTHERS]
        for name, part in (
            ("moved_sources", [n for n in rest if cases[n].row["source_name"] in sources]),
            ("other_sources", others),
        ):
            chosen = [cases[n] for n in part]
            for when, results in (("before", [before[n] for n in part]), ("after", _place(chosen, evidence))):
                sums[f"{name}_{when}"] += measure([case.row for case in chosen], results)["strict_with_other"]
    return {"moved": CORRECTIONS} | {key: round(value / DRAWS, 4) for key, value in sorted(sums.items())}


def _moved(cases: list[Case], before: list[Placement], draw: int) -> dict[int, None]:
    """Up to 5 posts of a source after another that stand under a theme which their row does not accept."""
    wrong: dict[str, list[int]] = defaultdict(list)
    for n in _shuffled(range(len(cases)), cases, draw):
        row = cases[n].row
        if before[n].theme not in {LABELS[theme] for theme in row["themes"]}:
            wrong[row["source_name"]].append(n)
    return dict.fromkeys([n for numbers in wrong.values() for n in numbers[:MOVES_A_SOURCE]][:CORRECTIONS])


def _shuffled(numbers: Sequence[int], cases: list[Case], draw: int) -> list[int]:
    return sorted(numbers, key=lambda n: hashlib.sha256(f"{draw} {cases[n].row['id']}".encode()).digest())


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
