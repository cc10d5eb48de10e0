"""The tables of docs/benchmarks.md: written from `benchmarks/measured.json`, which `make bench` brings up to date.

Each table stands between two markers that name its suite. What stands outside them is written by hand.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.quality import SUITES as QUALITY_SUITES
from benchmarks.speed import SUITES as SPEED_SUITES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
MEASURED = Path(__file__).parent / "measured.json"
SCALE_POSTGRESQL = "scale_postgresql"
"""The suite `scale` on PostgreSQL."""
SUITES = (*QUALITY_SUITES, *SPEED_SUITES, SCALE_POSTGRESQL)
_BLOCK = re.compile(r"<!-- table: (?P<suite>\w+) -->\n(?P<table>.*?)<!-- end -->\n", re.DOTALL)

Result = Mapping[str, Any]


def machine() -> str:
    """Cores, processor and Python of this machine."""
    processor = platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists() and (
        match := re.search(r"^model name\s*: (.+)$", described.read_text("utf-8"), re.MULTILINE)
    ):
        processor = match[1].strip()
    return f"{os.cpu_count()} cores, {processor}, Python {platform.python_version()}"


def save(result: Result, *, on: date) -> None:
    """Keep a suite's result and write its table."""
    measured = load()
    measured[result["suite"]] = {"date": on.isoformat(), "machine": machine(), **_comparable(result)}
    ordered = {suite: measured[suite] for suite in SUITES if suite in measured}
    MEASURED.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8"), ordered), "utf-8")


def load() -> dict[str, Any]:
    """Return the kept results by suite."""
    measured: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return measured


def page(text: str, measured: Mapping[str, Result]) -> str:
    """The page with the tables of these results in the place of those that it has."""

    def block(match: re.Match[str]) -> str:
        suite = match["suite"]
        return f"<!-- table: {suite} -->\n{table(measured[suite])}<!-- end -->\n" if suite in measured else match[0]

    return _BLOCK.sub(block, text)


def suites_on(text: str) -> list[str]:
    """The suites that the page has a table of."""
    return [match["suite"] for match in _BLOCK.finditer(text)]


def table(result: Result) -> str:
    """A suite's result as a Markdown table, and under it when and where it was measured."""
    if "rows" in result:
        lines = ["| what | ours | spread of the rounds | peer | ratio |", "| --- | --- | --- | --- | --- |"]
        lines += [_speed_line(row) for row in result["rows"]]
    elif all(isinstance(value, Mapping) for value in result["scores"].values()):
        lines = _matrices(result["scores"])
    else:
        lines = ["| score | measured |", "| --- | --- |"]
        lines += [f"| {name} | {value:.3f} |" for name, value in result["scores"].items()]
    cases = f"{result['n']:,} cases. " if "n" in result else ""
    return "\n".join([*lines, "", f"{cases}Measured {result['date']} on {result['machine']}.", ""])


def _matrices(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One table of scores by name, or several of them by what they are about."""
    if not all(isinstance(value, Mapping) for group in scores.values() for value in group.values()):
        return _matrix("what", scores)
    return [line for about, group in scores.items() for line in ("", *_matrix(about, group))][1:]


def _matrix(about: str, scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """A line for each name, a column for each score that any has; counts are whole numbers."""
    columns = list(dict.fromkeys(column for values in scores.values() for column in values))
    lines = [f"| {about} | {' | '.join(columns)} |", f"| --- {'| --- ' * len(columns)}|"]
    for name, values in scores.items():
        cells = (values.get(column, "–") for column in columns)
        figures = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return lines


def _speed_line(row: Mapping[str, Any]) -> str:
    peer = f"{row['peer_name']} {_figure(row['peer'])} {row['unit']}" if row["peer"] else row["peer_name"]
    spread = "–".join(_figure(value) for value in row["spread"]) if row["spread"] else "one round"
    ratio = f"{row['ratio']:.2f}" if row["peer"] else "–"
    return f"| {row['what']} | {_figure(row['ours'])} {row['unit']} | {spread} | {peer} | {ratio} |"


def _figure(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _comparable(result: Result) -> dict[str, Any]:
    if "rows" in result:
        return {"rows": result["rows"]}
    return {"n": result["n"], "scores": _SCORES[result["suite"]](result["scores"])}


_THEMES = {
    "strict": "strict, four themes",
    "hard": "strict, the hard ones",
    "macro_f1": "macro-F1, four themes",
    "strict_with_other": "strict with elsewhere",
    "macro_f1_with_other": "macro-F1 with elsewhere",
    "acceptable": "under an acceptable theme",
}


def _themes(scores: Mapping[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Plain and nested figures side by side, of all posts and by collection."""
    nested = scores["nested"]
    learnt = scores["corrections"]
    tables: dict[str, dict[str, dict[str, float]]] = {
        "all posts": {
            label: {"nested": nested[key], "plain": scores[key], "nested, a source's only post": nested["alone"][key]}
            for key, label in _THEMES.items()
        }
    }
    for key in ("acceptable", "strict_with_other"):
        tables[_THEMES[key]] = {
            f"{name} ({one['n']} posts)": {
                label: one[way][key]
                for way, label in (("nested", "nested"), ("plain", "plain"), ("left_out", "the collection left out"))
                if way in one
            }
            for name, one in scores["collections"].items()
        }
    tables["certainty"] = {
        f"{name} ({one['n']} posts)": {
            "mean share": one["share"],
            "placed right": one["right"],
            "right, or the next theme is": one["right_or_next"],
        }
        for name, one in scores["reliability"].items()
    }
    tables["an editor's moves, strict with elsewhere"] = {
        f"{sources} sources": {
            f"{when} {learnt['moved']} moves": learnt[f"{sources}_sources_{when}"] for when in ("before", "after")
        }
        for sources in ("moved", "other")
    }
    tables["a theme of the settings"] = {
        key: {"its posts, strict": one["strict"], "F1 as placed": one["f1"]} for key, one in scores["held_out"].items()
    }
    return tables


# The scores that the page shows, by suite, out of all that `benchmarks.quality` gives.
_SCORES: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "themes": _themes,
    "summaries": lambda scores: {
        f"{name}, {label}": values[key]
        for name, values in scores.items()
        for label, key in (("ROUGE-1", "rouge1"), ("ROUGE-2", "rouge2"), ("ROUGE-L", "rougeL"))
    },
    "editor": lambda scores: {
        f"{name}, {measure}": {
            label: values[measure]
            for label, values in (
                ("plain", collection),
                ("nested", collection.get("nested", {})),
                ("learnt from other collections", collection.get("other_collections", {})),
            )
            if measure in values
        }
        for name, collection in scores.items()
        for measure in ("printable", "hit", "trap")
    },
    "extraction": lambda scores: {
        f"F1, {name}": values["f1"] for name, values in scores.items() if isinstance(values, dict)
    },
    "methods": dict,
    "extraction_parts": dict,
    "sentences": lambda scores: {f"F1, {name}": value for name, value in scores.items()},
    "feeds": lambda scores: {"share of expectations met": scores["passed"] / scores["asserted"]},
}
