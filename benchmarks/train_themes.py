"""Train the themes' linear model: python -m benchmarks.train_themes LABELLED.jsonl

Writes digest/read/data/themes_model.json: coefficients and fingerprints of the rows learnt from, none of their text.
Multinomial logistic regression with a ridge towards a prior: the lexicon's categories start at what they are held to
mean, words at nothing. Every row counts twice, whole and as its title alone, because titles say most. Deterministic.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from digest.model import ELSEWHERE
from digest.read.themes import features, linear_model
from digest.read.themes.features import CLASSES, ZONES

Array = npt.NDArray[np.float64]

MODEL = Path(__file__).parents[1] / "digest" / "read" / "data" / "themes_model.json"
LABELS = {
    "digital government": "digital-government",
    "comms": "comms",
    "civic tech": "civic-tech",
    "recruitment": "recruitment",
    "other": ELSEWHERE,
}
PRIOR = {  # what each category of the lexicon is held to say before any data: (class, strength)
    "digital-government": ("digital-government", 3.0),
    "comms": ("comms", 3.0),
    "civic-tech": ("civic-tech", 4.0),
    "vacancy": ("recruitment", 6.0),
    "career": ("recruitment", 2.0),
    "study": ("digital-government", 3.0),
    "labour": (ELSEWHERE, 1.5),
    "volunteer": (ELSEWHERE, 1.5),
    "elsewhere": (ELSEWHERE, 3.0),
}
# Chosen by 10-fold cross-validation grouped by source; all of them are flat within 0.015 of strict accuracy.
RIDGE = 2.5
BIAS_RIDGE = 0.3
SPREAD = 3.0  # length of the vector of words, so that words together weigh about as much as the lexicon
ROWS_A_WORD, SOURCES_A_WORD = 3, 2  # rarer words, or words of one source, teach that source and not the theme
SOURCE_POWER = 1.0  # a row of a source with n rows weighs 1 / n: a theme is what its sources have in common
STEPS, STOP, POWERS = 600, 1e-5, 20


@dataclass(frozen=True, slots=True)
class Labelled:
    """A row of the labelled data, read."""

    source: str
    theme: str
    fingerprint: str
    whole: dict[str, float]
    headline: dict[str, float]


def fingerprint(row: dict[str, Any]) -> str:
    return hashlib.sha256(f"{row['title']}\n{row['text']}".encode()).hexdigest()[:10]


def read_row(row: dict[str, Any]) -> Labelled:
    """The features of one row of a file in the layout of the themes corpus."""
    whole = features.build_theme_input(row["title"], row["text"]).values()
    headline = features.build_theme_input(row["title"], "").values()
    return Labelled(row["source"], LABELS[row["theme"]], fingerprint(row), whole, headline)


def train(rows: Sequence[Labelled]) -> dict[str, Any]:
    """The model's JSON form (see `linear_model.parse`), learnt from `rows`."""
    vocabulary, rarity = _vocabulary(rows)
    names = [f"lex:{category}:{zone}" for category in PRIOR for zone in ZONES] + vocabulary
    values = [row.whole for row in rows] + [row.headline for row in rows]
    x = _matrix(values, names, rarity)
    y = np.array([CLASSES.index(row.theme) for row in rows] * 2)
    weights = _row_weights(rows)
    fitted = _fit(x, y, np.concatenate([weights, weights]) / 2, _prior(names))
    return {
        "classes": list(CLASSES),
        "bias": [round(float(value), 3) for value in fitted[-1]],
        "spread": SPREAD,
        "rarity": {word: round(rarity[word], 2) for word in vocabulary},
        "weights": {name: [round(float(value), 3) for value in fitted[n]] for n, name in enumerate(names)},
        "trained_on": sorted(row.fingerprint for row in rows),
    }


def _vocabulary(rows: Sequence[Labelled]) -> tuple[list[str], dict[str, float]]:
    """Words worth learning, and their inverse document frequency."""
    count: Counter[str] = Counter()
    sources: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in row.whole:
            if name.startswith("w:"):
                count[name] += 1
                sources[name].add(row.source)
    frequent = sorted(w for w, n in count.items() if n >= ROWS_A_WORD and len(sources[w]) >= SOURCES_A_WORD)
    return frequent, {word: math.log((1 + len(rows)) / (1 + count[word])) for word in frequent}


def _matrix(values: Sequence[dict[str, float]], names: Sequence[str], rarity: dict[str, float]) -> Array:
    """One row a post, as `linear_model.Model` weighs it."""
    place = {name: n for n, name in enumerate(names)}
    x = np.zeros((len(values), len(names)))
    for n, row in enumerate(values):
        for name, value in row.items():
            if name in place:
                x[n, place[name]] = value * rarity.get(name, 1.0)
    words = x[:, len(PRIOR) * len(ZONES) :]
    length = np.linalg.norm(words, axis=1, keepdims=True)
    words *= SPREAD / np.where(length > 0, length, 1.0)
    return x


def _row_weights(rows: Sequence[Labelled]) -> Array:
    """Each theme weighs the same; within it, rows of large sources weigh less. The mean is 1."""
    themes, sources = Counter(row.theme for row in rows), Counter(row.source for row in rows)
    raw = np.array([1 / themes[row.theme] * sources[row.source] ** -SOURCE_POWER for row in rows])
    scaled: Array = raw / raw.mean()
    return scaled


def _prior(names: Sequence[str]) -> Array:
    start = np.zeros((len(names) + 1, len(CLASSES)))
    for n, name in enumerate(names):
        if name.startswith("lex:"):
            theme, strength = PRIOR[name.split(":")[1]]
            start[n] -= strength / len(CLASSES)
            start[n, CLASSES.index(theme)] += strength
    return start


def _fit(x: Array, y: npt.NDArray[np.int_], weights: Array, prior: Array) -> Array:
    """Coefficients by feature and class, the last row the bias: accelerated gradient in the dual (rows < features)."""
    width = np.append(np.ones(x.shape[1]) / math.sqrt(RIDGE), 1 / math.sqrt(BIAS_RIDGE))
    x = np.hstack([x, np.ones((len(x), 1))])
    scaled, offset, target = x * width, x @ prior, np.eye(len(CLASSES))[y]
    kernel = scaled @ scaled.T
    root = np.sqrt(weights)
    bound = 0.5 * _largest(kernel * root[:, None] * root) + 1
    at = ahead = np.zeros_like(target)
    pace = 1.0
    for _ in range(STEPS):
        scores = offset + _product(kernel, ahead)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        following = ahead - ((shares - target) * weights[:, None] + ahead) / bound
        faster = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = following + (pace - 1) / faster * (following - at)
        moved, at, pace = float(np.abs(following - at).max()), following, faster
        if moved < STOP:
            break
    weights_: Array = prior + (scaled.T @ at) * width[:, None]
    return weights_


def _product(square: Array, narrow: Array) -> Array:
    """`square @ narrow` without BLAS, whose threads spin for minutes on a busy machine; it is no faster here."""
    product: Array = np.einsum("ij,kj->ik", square, np.ascontiguousarray(narrow.T))
    return product


def _largest(square: Array) -> float:
    """The largest eigenvalue of a positive matrix, a little more, by power iteration."""
    vector = np.ones((len(square), 1))
    for _ in range(POWERS):
        vector = _product(square, vector / np.linalg.norm(vector))
    return 1.05 * float(np.linalg.norm(vector))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_themes", description=__doc__)
    parser.add_argument("path", type=Path, help="labelled rows, in the layout of the themes corpus")
    parser.add_argument("--to", type=Path, default=MODEL, help="where the model is written")
    options = parser.parse_args(arguments)
    lines = options.path.read_text("utf-8").split("\n")
    data = train([read_row(json.loads(line)) for line in lines if line.strip()])
    linear_model.parse(data)
    options.to.write_text(_layout(data), "utf-8")
    sys.stderr.write(f"{len(data['weights'])} features from {len(data['trained_on'])} rows: {options.to}\n")
    return 0


def _layout(data: dict[str, Any]) -> str:
    """JSON with a line a feature, so that a new training shows as a readable change."""
    parts = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines = [
                f"{json.dumps(k, ensure_ascii=False)}:{json.dumps(v, separators=(',', ':'))}" for k, v in value.items()
            ]
            parts.append(f'"{key}":{{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{key}":{json.dumps(value, separators=(",", ":"))}')
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    raise SystemExit(main())
