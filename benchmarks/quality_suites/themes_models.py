"""Models for the themes suite that never saw the rows that they place, and the placing of rows as in an edition."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from benchmarks.train_themes import LABELS, Setting, choose, model, prepare, read_row
from digest.model import ELSEWHERE, Evidence, Placement, Source, Theme
from digest.read.themes import linear_model
from digest.read.themes.linear_model import Model
from digest.read.themes.place_post import Placer
from digest.read.themes.source_leaning import EARLIER_POSTS, Leaning, Shares

THEMES = tuple(Theme(key, key) for key in LABELS.values() if key != ELSEWHERE)
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A row with the model that may place it."""

    row: dict[str, Any]
    theme: str
    model: Model


@dataclass(frozen=True, slots=True)
class Trained:
    """The models that were learnt without some rows: by the setting that was shipped, and by their own choice."""

    plain: Model
    nested: Model


@cache
def shipped_data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((files("digest.read") / "data" / "themes_model.json").read_text("utf-8"))
    return data


def models_by_part(rows: list[dict[str, Any]], part_of: Callable[[str], int | str]) -> dict[str, Trained]:
    """By source, the models learnt without the part that the source is in."""
    parts = {row["source"]: part_of(row["source"]) for row in rows}
    read = [(parts[row["source"]], read_row(row)) for row in rows]
    setting = Setting(*shipped_data()["setting"])
    trained = {}
    for part in sorted(set(parts.values()), key=str):
        prepared = prepare([row for at, row in read if at != part])
        chosen = choose(prepared)
        plain = linear_model.parse(model(prepared, setting))
        trained[part] = Trained(plain, plain if chosen == setting else linear_model.parse(model(prepared, chosen)))
    return {source: trained[part] for source, part in parts.items()}


def folds_of(sources: Counter[str], number: int = FOLDS) -> dict[str, int]:
    """Sources to folds of about the same number of rows, the large ones first."""
    filled = [0] * number
    folds: dict[str, int] = {}
    for source, count in sorted(sources.items(), key=lambda pair: (-pair[1], pair[0])):
        folds[source] = filled.index(min(filled))
        filled[folds[source]] += count
    return folds


def place(
    cases: Sequence[Case],
    evidence: tuple[Evidence, ...] = (),
    *,
    themes: tuple[Theme, ...] = THEMES,
    alone: bool = False,
    earlier: Iterable[Case] = (),
) -> list[Placement]:
    """Place each row by its own model; `alone`: without its source's other rows, which are those of `earlier` too."""
    models = {id(case.model): case.model for case in cases}
    placers = {key: Placer(themes, evidence, model=model) for key, model in models.items()}
    sources = {case.row["source_name"] for case in cases}
    others = [case for case in earlier if case.row["source_name"] in sources]
    leanings = [()] * len(cases) if alone else _leanings([*cases, *others], placers)
    placed = []
    for n, case in enumerate(cases):
        row = case.row
        placed.append(
            placers[id(case.model)].place(
                title=row["title"], text=row["text"], source=Source(row["source_name"], ""), leaning=leanings[n]
            )
        )
    return placed


def in_some_order(numbers: Iterable[int], cases: Sequence[Case], draw: int) -> list[int]:
    """The numbers of cases in an order that is as good as drawn by lot, and always the same."""
    return sorted(numbers, key=lambda n: hashlib.sha256(f"{draw} {cases[n].row['id']}".encode()).digest())


def _leanings(cases: Sequence[Case], placers: Mapping[int, Placer]) -> list[Leaning]:
    """Of each row: what its source leans to by other rows, as many as an edition looks at."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for n in in_some_order(range(len(cases)), cases, 0):
        by_source[cases[n].row["source_name"]].append(n)
    leanings: list[Leaning] = [()] * len(cases)
    for numbers in by_source.values():
        placer = placers[id(cases[min(numbers)].model)]
        shares = {n: _shares(placer, cases[n].row) for n in numbers}
        for n in numbers:
            others = [other for other in numbers if other != n][:EARLIER_POSTS]
            leanings[n] = placer.lean([shares[other] for other in others])
    return leanings


def _shares(placer: Placer, row: dict[str, Any]) -> Shares:
    return placer.shares_by_words(row["title"], row["text"], row["source_name"])
