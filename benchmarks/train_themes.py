"""Train the themes' linear model: python -m benchmarks.train_themes LABELLED.jsonl …

Writes digest/read/data/themes_model.json: coefficients and fingerprints of the rows learnt from, none of their text.
Ridge regression in closed form, whose scores become log-odds by a logistic calibration (Platt). Both the setting and
the calibration are chosen on what each source's rows score when that source is left out, which the closed form gives
exactly. A row's other acceptable themes count a little. Deterministic.

Beside the labelled rows it learns from posts that were written for it, of sources that do not exist
(`written_posts.jsonl`): the same themes in words of other kinds of sources. They count a quarter. The setting is chosen
by real rows alone, and no figure is measured on written ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from digest.model import ELSEWHERE
from digest.read.themes import features, linear_model
from digest.read.themes.features import CLASSES, ZONES
from digest.read.themes.source_leaning import EARLIER_POSTS, UNSEEN_POSTS

Array = npt.NDArray[np.float64]

MODEL = Path(__file__).parents[1] / "digest" / "read" / "data" / "themes_model.json"
WRITTEN = Path(__file__).with_name("written_posts.jsonl")
LABELS = {
    "digital government": "digital-government",
    "comms": "comms",
    "civic tech": "civic-tech",
    "recruitment": "recruitment",
    "other": ELSEWHERE,
}
ROWS_A_WORD, SOURCES_A_WORD = 4, 3  # rarer words, or words of few sources, teach those sources and not the theme
SOURCES_A_REASON = 5  # of a theme, that use a word which is shown as a reason for it
TOLD_APART = 1.75  # how many times more often than chance such a word stands in posts of the theme, at the least
ALSO_ACCEPTABLE = 0.35  # of a row's weight, for the themes that it may stand under beside its own
BALANCE = 0.5  # power by which large sources and large themes weigh less
WRITTEN_WEIGHT = 0.25  # of a post that was written for learning, beside a real one
BIAS = 0.05  # variance of the constant: a post of few words is not to be placed by it
STEPS = 25


class Setting(NamedTuple):
    """How freely each kind of feature is learnt: the variance of its coefficients beside the noise."""

    words: float
    source: float
    phrases: float = 0.1
    lexicon: float = 16.0


SETTINGS = (Setting(0.4, 0.02), Setting(0.8, 0.02), Setting(1.2, 0.05))


@dataclass(frozen=True, slots=True)
class Labelled:
    """A row of the labelled data, read."""

    source: str
    theme: str
    themes: frozenset[str]
    fingerprint: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Rows as matrices: a row's features by kind, and the products of all rows with each other."""

    names: Mapping[str, Sequence[str]]  # by kind
    rarity: Mapping[str, float]
    blocks: Mapping[str, Array]
    products: Mapping[str, Array]
    sources: Sequence[npt.NDArray[np.int_]]  # the rows of each
    target: Array
    truth: npt.NDArray[np.int_]
    acceptable: npt.NDArray[np.bool_]
    weights: Array  # in the regression
    counts: Array  # how often a row counts where rows are counted: a real one once
    fingerprints: Sequence[str]  # of the real ones
    reasons: Mapping[str, Sequence[int]]


class _Fit(NamedTuple):
    """A setting's coefficients in the dual, what the rows score with their source left out, and how to calibrate."""

    dual: Array
    left_out: Array
    slope: float
    offset: Array


def fingerprint(row: dict[str, Any]) -> str:
    return hashlib.sha256(f"{row['title']}\n{row['text']}".encode()).hexdigest()[:10]


def read_row(row: dict[str, Any]) -> Labelled:
    """The features of one row of a file in the layout of the themes corpus."""
    values = features.build_theme_input(row["title"], row["text"], row["source_name"]).values()
    themes = frozenset(LABELS[theme] for theme in row["themes"])
    return Labelled(row["source"], LABELS[row["theme"]], themes, fingerprint(row), values)


@cache
def written_posts() -> Sequence[Labelled]:
    """The posts that were written for learning."""
    return tuple(read_row(row | {"source": f"written: {row['source_name']}"}) for row in read_rows([WRITTEN]))


def train(rows: Sequence[Labelled]) -> dict[str, Any]:
    """The model's JSON form (see `linear_model.parse`), learnt from `rows` by the setting that suits them best."""
    prepared = prepare(rows)
    return model(prepared, choose(prepared))


def prepare(real: Sequence[Labelled], written: Sequence[Labelled] | None = None) -> Prepared:
    """The matrices of rows, real ones first; the vocabulary is chosen among their words. `written`: all by default."""
    rows = [*real, *(written_posts() if written is None else written)]
    counts = np.where(np.arange(len(rows)) < len(real), 1.0, WRITTEN_WEIGHT)
    names, rarity = _vocabulary(rows)
    blocks = {kind: _matrix(rows, names[kind], rarity) for kind in names}
    sources: dict[str, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        sources[row.source].append(n)
    acceptable = np.array([[key in row.themes for key in CLASSES] for row in rows])
    truth = np.array([CLASSES.index(row.theme) for row in rows])
    own = np.eye(len(CLASSES))[truth]
    others = acceptable * (1 - own)
    many = others.sum(axis=1, keepdims=True)
    target = np.where(many > 0, (1 - ALSO_ACCEPTABLE) * own + ALSO_ACCEPTABLE * others / np.maximum(many, 1), own)
    return Prepared(
        names=names,
        rarity=rarity,
        blocks=blocks,
        products={kind: block @ block.T for kind, block in blocks.items()},
        sources=[np.array(numbers) for _, numbers in sorted(sources.items())],
        target=target,
        truth=truth,
        acceptable=acceptable,
        weights=_row_weights(rows, counts),
        counts=counts,
        fingerprints=sorted(row.fingerprint for row in real),
        reasons=_reasons(real, names["words"]),
    )


def choose(prepared: Prepared) -> Setting:
    """The setting that places rows best while their source is left out."""
    return max(SETTINGS, key=lambda setting: _worth(prepared, _fit(prepared, setting)))


def model(prepared: Prepared, setting: Setting) -> dict[str, Any]:
    """The model's JSON form, learnt by this setting."""
    fit = _fit(prepared, setting)
    rows: dict[str, dict[str, list[float]]] = {"lexicon": {}, "words": {}}
    for kind, block in prepared.blocks.items():
        learnt = fit.slope * getattr(setting, kind) * (block.T @ fit.dual)
        for name, row in zip(prepared.names[kind], learnt, strict=True):
            coefficients = [round(float(value), 2) + 0.0 for value in row]
            if kind in {"lexicon", "phrases"}:
                rows["lexicon"][name] = coefficients
            else:
                rows["words"][name] = [round(prepared.rarity[name], 2), *coefficients]
    bias = fit.slope * BIAS * fit.dual.sum(axis=0) + fit.offset
    return {
        "classes": list(CLASSES),
        "setting": list(setting),
        "bias": [round(float(value), 3) for value in bias],
        "usual": [round(float(value), 4) for value in _usual(prepared)],
        "certainty": _certainty(prepared, fit),
        **rows,
        "reasons": dict(prepared.reasons),
        "trained_on": list(prepared.fingerprints),
    }


def _vocabulary(rows: Sequence[Labelled]) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Features worth learning by kind, and the inverse document frequency of words."""
    count: Counter[str] = Counter()
    sources: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in row.values:
            count[name] += 1
            sources[name].add(row.source)
    words = sorted(
        name
        for name, n in count.items()
        if name.startswith("w:") and n >= ROWS_A_WORD and len(sources[name]) >= SOURCES_A_WORD
    )
    named = sorted(name for name in count if name.startswith("s:") and len(sources[name]) > 1)
    rarity = {name: math.log((1 + len(rows)) / (1 + count[name])) for name in (*words, *named)}
    phrases = sorted(name for name in count if name.startswith("p:") and len(sources[name]) > 1)
    lexicon = [f"lex:{category}:{zone}" for category in features.categories() for zone in ZONES]
    return {"words": words, "source": named, "phrases": phrases, "lexicon": lexicon}, rarity


def _reasons(rows: Sequence[Labelled], words: Sequence[str]) -> dict[str, list[int]]:
    """Of each word the classes that it tells from others: it stands there far more often than chance would have it, and
    in posts of several sources."""
    counts = {word: [0] * len(CLASSES) for word in words}
    sources: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in rows:
        n = CLASSES.index(row.theme)
        for word in row.values.keys() & counts.keys():
            counts[word][n] += 1
            sources[word, n].add(row.source)
    every = np.array(list(counts.values())).sum(axis=0)
    usual = every / every.sum()  # not of rows: the posts of some themes are longer, and all words stand in them
    reasons = {}
    for word, here in counts.items():
        whole = sum(here)
        told = [
            n
            for n, count in enumerate(here)
            if len(sources[word, n]) >= SOURCES_A_REASON and count - math.sqrt(count) >= TOLD_APART * whole * usual[n]
        ]
        if told:
            reasons[word] = told
    return reasons


def _matrix(rows: Sequence[Labelled], names: Sequence[str], rarity: Mapping[str, float]) -> Array:
    """One row a post, as `linear_model.Model` weighs it."""
    place = {name: n for n, name in enumerate(names)}
    x = np.zeros((len(rows), len(names)))
    for n, row in enumerate(rows):
        for name, value in row.values.items():
            if name in place:
                x[n, place[name]] = value * rarity.get(name, 1.0)
    if any(name in rarity for name in names):
        length = np.linalg.norm(x, axis=1, keepdims=True)
        x /= np.where(length > 0, length, 1.0)
    return x


def _row_weights(rows: Sequence[Labelled], counts: Array) -> Array:
    """As the rows count, but those of large sources and of large themes weigh less. The mean is 1."""
    themes, sources = Counter(row.theme for row in rows), Counter(row.source for row in rows)
    raw = counts * np.array([(themes[row.theme] * sources[row.source]) ** -BALANCE for row in rows])
    scaled: Array = raw / raw.mean()
    return scaled


@lru_cache(maxsize=len(SETTINGS))
def _fit(prepared: Prepared, setting: Setting) -> _Fit:
    """Weighted ridge regression on the classes; a block of the inverse predicts a source's rows without it."""
    square = sum(getattr(setting, kind) * product for kind, product in prepared.products.items()) + BIAS
    inverse = np.linalg.inv(square + np.diag(1 / prepared.weights))
    target = prepared.target - 1 / len(CLASSES)
    dual: Array = inverse @ target
    left_out = np.zeros_like(target)
    for rows in prepared.sources:
        left_out[rows] = target[rows] - np.linalg.solve(inverse[np.ix_(rows, rows)], dual[rows])
    slope, offset = _calibrate(left_out, prepared.truth, prepared.counts)
    return _Fit(dual, left_out, slope, offset)


def _calibrate(scores: Array, truth: npt.NDArray[np.int_], counts: Array) -> tuple[float, Array]:
    """The slope and the offsets by class that turn scores into log-odds: logistic regression by Newton's method."""
    rows, classes = scores.shape
    design = np.concatenate([scores[:, :, None], np.broadcast_to(np.eye(classes), (rows, classes, classes))], axis=2)
    at, right = np.append(1.0, np.zeros(classes)), np.eye(classes)[truth]
    for _ in range(STEPS):
        logits = design @ at
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = np.einsum("ijk,ij,i->k", design, shares - right, counts)
        mean = np.einsum("ijk,ij->ik", design, shares)
        bend = np.einsum("ijk,ij,ijl,i->kl", design, shares, design, counts) - (counts[:, None] * mean).T @ mean
        at = at - np.linalg.solve(bend + 0.01 * np.eye(len(at)), slope + 0.01 * at)
    return float(at[0]), at[1:]


def _usual(prepared: Prepared) -> Array:
    """How often each class stands among the rows; never quite never, for leanings divide by it."""
    counts = np.bincount(prepared.truth, prepared.counts, len(CLASSES)) + 1.0
    return np.asarray(counts / counts.sum())


def _certainty(prepared: Prepared, fit: _Fit) -> float:
    """By how much scores that have a source's leaning are drawn together, so that shares are what they say.

    A source's other rows, placed with the source left out, are its earlier posts here.
    """
    scores = fit.slope * fit.left_out + fit.offset
    usual = _usual(prepared)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    for rows in prepared.sources:
        others = (shares[rows].sum(axis=0) - shares[rows]) / max(1, len(rows) - 1)
        count = min(len(rows) - 1, EARLIER_POSTS)
        scores[rows] += np.log((count * others + UNSEEN_POSTS * usual) / (count + UNSEEN_POSTS) / usual)
    right = scores[np.arange(len(scores)), prepared.truth]

    def surprise(certainty: float) -> float:
        return float(prepared.counts @ (np.log(np.exp(certainty * scores).sum(axis=1)) - certainty * right))

    return min((step / 100 for step in range(50, 121)), key=surprise)


def _worth(prepared: Prepared, fit: _Fit) -> float:
    """The mean of: placed right, macro-F1 of the classes, placed under an acceptable theme; of real rows."""
    truth = prepared.truth[: len(prepared.fingerprints)]
    placed = (fit.slope * fit.left_out + fit.offset).argmax(axis=1)[: len(truth)]
    right = placed == truth
    by_class = [
        2 * (right & (truth == n)).sum() / max(1, (truth == n).sum() + (placed == n).sum()) for n in range(len(CLASSES))
    ]
    acceptable = prepared.acceptable[np.arange(len(placed)), placed]
    return float(right.mean() + np.mean(by_class) + acceptable.mean()) / 3


def read_rows(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The rows of .jsonl files, in order."""
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").split("\n") if line.strip()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_themes", description=__doc__)
    parser.add_argument("paths", type=Path, nargs="+", help="labelled rows, in the layout of the themes corpus")
    parser.add_argument("--to", type=Path, default=MODEL, help="where the model is written")
    options = parser.parse_args(arguments)
    data = train([read_row(row) for row in read_rows(options.paths)])
    linear_model.parse(data)
    options.to.write_text(layout(data), "utf-8")
    sys.stderr.write(f"{len(data['words'])} words from {len(data['trained_on'])} rows: {options.to}\n")
    return 0


def layout(data: dict[str, Any]) -> str:
    """JSON with a line a feature, so that a new training shows as a readable change."""
    parts = []
    for key, value in data.items():
        if isinstance(value, dict):
            lines = [f"{json.dumps(k, ensure_ascii=False)}:{_compact(v)}" for k, v in value.items()]
            parts.append(f'"{key}":{{\n' + ",\n".join(lines) + "\n}")
        else:
            parts.append(f'"{key}":{_compact(value)}')
    return "{" + ",\n".join(parts) + "}\n"


def _compact(value: Sequence[object]) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    raise SystemExit(main())
