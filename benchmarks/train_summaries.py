"""Learn from editors' verdicts how fit a sentence is for a summary; write `digest/read/data/summaries.json`.

    python -m benchmarks.train_summaries [FOLDER] [--write]

FOLDER has posts with their authors' standfirsts (`dev.jsonl`, `dev2.jsonl`) and editors' verdicts on some of them
(`editor.dev.jsonl`, …). The model is a ridge regression, on a sentence's numbers and words, of three verdicts and of
the likeness to the standfirst: linear systems, solved exactly, so that the same data give the same bytes. Only
coefficients and words that many sources use are written, no text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality_suites.rouge import tokens_of
from benchmarks.quality_suites.summaries import article_of
from benchmarks.verdicts import BEST, GOOD, Row, plain, read_lines, verdicts
from digest.read.summary.choose_set import ranked_sets
from digest.read.summary.fitness import VERDICTS, FitnessModel, Weights, word_keys
from digest.read.summary.sentence_features import FEATURES, Matrix, SummaryInput, build_summary_input
from digest.read.summary.sentence_form import indexes_without_boilerplate
from digest.read.summary.split_sentences import split_article
from digest.read.summary.summarise import usable_sentences
from digest.read.summary.word_stems import stemmer_of

ROOT = Path(__file__).parents[1]
DATA = ROOT / "digest/read/data/summaries.json"
CORPUS = ROOT.parent / "shared/corpora/summaries"
# A sentence without a verdict was not weighed by itself; most such are not worth printing.
UNKNOWN_WEIGHT = 0.35
STANDFIRST_WEIGHT = 15.0  # of a whole post
WORD_VALUE = 0.5  # of a word that is there, beside features in units of their deviation
FEWEST_SENTENCES, FEWEST_SOURCES = 25, 6  # that a word is in, to be learnt
RIDGES = (20.0, 40.0, 80.0)
WEIGHTS: tuple[Weights, ...] = ((1, 2, -1, 4), (2, 2, -1, 4), (3, 2, -1, 4))
"""Of `VERDICTS` in a set's worth: of these, those that choose best are taken."""
LARGE = 40  # posts with verdicts of a source that is a fold of its own
SMALL_FOLDS = 5
_DENSE = len(FEATURES) + 1  # the last of them is the constant


@dataclass(frozen=True)
class Document:
    id: str
    collection: str
    source: str
    summary_input: SummaryInput
    verdicts: tuple[str, ...]  # of each sentence; none where no editor read the post
    usable: tuple[int, ...]  # sentences that may be in a summary
    likeness: Matrix  # of each sentence to the standfirst, the likest having 1


def documents(folder: Path) -> list[Document]:
    """Every post of the folder that has verdicts or a standfirst."""
    stemmer = stemmer_of("en")
    result = []
    for judged in sorted(folder.glob("editor.*.jsonl")):
        rows = folder / judged.name.removeprefix("editor.")
        by_id = {annotation["id"]: verdicts(annotation) for annotation in read_lines(judged)}
        for row in read_lines(rows):
            if row["set"] != "standfirst" and row["id"] not in by_id:
                continue
            article = article_of(row["text"])
            sentences = split_article(article)
            known = by_id.get(row["id"])
            said = tuple(known.get(plain(sentence.text), "") for sentence in sentences) if known else ()
            texts = [sentence.text for sentence in sentences]
            likeness = _likeness(row, texts)
            summary_input = build_summary_input(article, sentences, row["title"] or "", stemmer)
            usable = tuple(usable_sentences(article, sentences, indexes_without_boilerplate(texts)))
            result.append(Document(row["id"], rows.stem, row["source"], summary_input, said, usable, likeness))
    return result


def _likeness(row: Row, sentences: Sequence[str]) -> Matrix:
    golds = [_counts(gold) for gold in row.get("golds") or [row["gold"]]]
    values = np.array([max(_overlap(gold, _counts(sentence)) for gold in golds) for sentence in sentences])
    scaled: Matrix = values / (values.max() or 1.0)
    return scaled


def _counts(text: str) -> tuple[Counter[Any], Counter[Any]]:
    tokens = tokens_of(text)
    return Counter(tokens), Counter(pairwise(tokens))


def _overlap(one: tuple[Counter[Any], ...], other: tuple[Counter[Any], ...]) -> float:
    """ROUGE-1 and ROUGE-2 together."""
    return sum(2 * (a & b).total() / max(1, a.total() + b.total()) for a, b in zip(one, other, strict=True))


def folds(corpus: Sequence[Document]) -> dict[str, str]:
    """Sources to folds: a large one alone, the small ones together, and those without verdicts as one."""
    counts = Counter(document.source for document in corpus if document.verdicts)
    small = sorted(source for source, count in counts.items() if count < LARGE)
    result = {document.source: "unjudged" for document in corpus} | {source: source for source in counts}
    return result | {source: str(i % SMALL_FOLDS) for i, source in enumerate(small)}


@dataclass(frozen=True)
class Sums:
    """What is to be known of some documents: how often words come, and the normal equations XᵀWX, XᵀWY and YᵀWY."""

    ids: tuple[str, ...]  # of the documents with verdicts
    counts: Matrix  # of sentences that have a word
    sources: Matrix  # that have a word
    judged: tuple[Matrix, Matrix, float]
    standfirst: tuple[Matrix, Matrix, float]

    def __add__(self, other: Sums) -> Sums:
        judged, standfirst = (
            (one[0] + two[0], one[1] + two[1], one[2] + two[2])
            for one, two in ((self.judged, other.judged), (self.standfirst, other.standfirst))
        )
        ids, counts, sources = self.ids + other.ids, self.counts + other.counts, self.sources + other.sources
        return Sums(ids, counts, sources, judged, standfirst)


@dataclass(frozen=True)
class Corpus:
    """The sums of the documents in parts by fold and collection, so that any parts can be left out."""

    words: Sequence[str]
    fold_of: Mapping[str, str]
    parts: Mapping[tuple[str, str], Sums]
    judged: Mapping[str, Sequence[Document]]  # with verdicts, by fold

    @classmethod
    @cache
    def read(cls, folder: Path) -> Corpus:
        rows = documents(folder)
        fold_of = folds(rows)
        words = _vocabulary(document for document in rows if document.verdicts)
        parts: defaultdict[tuple[str, str], list[Document]] = defaultdict(list)
        for document in rows:
            parts[fold_of[document.source], document.collection].append(document)
        judged: defaultdict[str, list[Document]] = defaultdict(list)
        for document in rows:
            if document.verdicts:
                judged[fold_of[document.source]].append(document)
        return cls(words, fold_of, {key: _sums(part, words) for key, part in sorted(parts.items())}, judged)

    def train(self, include: Callable[[str, str], bool] = lambda *_: True) -> dict[str, Any]:
        """The model's data, from the parts that are include by their fold and collection.

        Its ridge and its weights are those with which models that each leave one fold out explain that fold best and
        choose best for it.
        """
        parts = {key: sums for key, sums in self.parts.items() if include(*key)}
        names = [name for name in self.judged if any(fold == name for fold, _ in parts)]
        every = _total(parts.values())
        kept = (every.counts >= FEWEST_SENTENCES) & (every.sources >= FEWEST_SOURCES)
        columns = np.concatenate([np.arange(_DENSE), _DENSE + np.flatnonzero(kept)])
        words = [word for word, keep in zip(self.words, kept, strict=True) if keep]
        scale = _penalties(_select(every.judged, columns))
        within = {name: _total(sums for (fold, _), sums in parts.items() if fold == name) for name in names}
        without = {name: _total(sums for (fold, _), sums in parts.items() if fold != name) for name in names}
        selected = [(_select(without[name].judged, columns), _select(within[name].judged, columns)) for name in names]
        ridge = min(
            RIDGES, key=lambda value: sum(_loss(other, _solve(sums, value * scale)) for sums, other in selected)
        )
        estimated = []
        for name in names:
            data = _data(_solutions(without[name], columns, ridge * scale), words, WEIGHTS[0])
            model = FitnessModel.from_names(data)
            documents = [document for document in self.judged[name] if include(name, document.collection)]
            estimated += [(document, model.estimate(document.summary_input)) for document in documents]
        weights = max(WEIGHTS, key=lambda weights: _worth(estimated, weights))
        solved = _data(_solutions(every, columns, ridge * scale), words, weights)
        return solved | {"trained_on": sorted(map(fingerprint, every.ids))}

    def model(self, include: Callable[[str, str], bool]) -> FitnessModel:
        return FitnessModel.from_names(self.train(include))


def _solutions(sums: Sums, columns: Matrix, penalty: Matrix) -> Matrix:
    return np.hstack([_solve(_select(each, columns), penalty) for each in (sums.judged, sums.standfirst)])


def _data(theta: Matrix, words: Sequence[str], weights: Weights) -> dict[str, Any]:
    return {
        "made_by": "benchmarks/train_summaries.py",
        "verdicts": VERDICTS,
        "weights": weights,
        "constant": _rounded(theta[_DENSE - 1]),
        "features": dict(zip(FEATURES, map(_rounded, theta), strict=False)),
        "words": dict(zip(words, map(_rounded, theta[_DENSE:] * WORD_VALUE), strict=True)),
    }


def _worth(estimated: Sequence[tuple[Document, Matrix]], weights: Weights) -> float:
    """Printable and hit, less half of trap: an unfit sentence already keeps a summary from being printable."""
    result = 0.0
    for document, estimates in estimated:
        sets = ranked_sets(document.summary_input, document.usable, estimates, weights, sentences=3, max_words=90)
        verdicts = [document.verdicts[i] for i in sets[0][1]]
        unfit = any(verdict not in (BEST, GOOD, "") for verdict in verdicts)
        result += all(verdict in (BEST, GOOD) for verdict in verdicts) + (BEST in verdicts) - unfit / 2
    return result


def fingerprint(post: str) -> str:
    return hashlib.sha256(post.encode()).hexdigest()[:8]


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(float(value), 4) + 0.0 for value in values]


def _vocabulary(corpus: Iterable[Document]) -> list[str]:
    """Words that may be frequent enough."""
    counts: Counter[str] = Counter()
    for document in corpus:
        for keys in word_keys(document.summary_input):
            counts.update(keys)
    return sorted(key for key, count in counts.items() if count >= FEWEST_SENTENCES)


def _total(parts: Iterable[Sums]) -> Sums:
    first, *others = parts
    for sums in others:
        first += sums
    return first


def _sums(corpus: Sequence[Document], words: Sequence[str]) -> Sums:
    column = {word: number for number, word in enumerate(words, _DENSE)}
    lengths = [len(document.likeness) for document in corpus]
    rows = np.zeros((sum(lengths), _DENSE + len(words)))
    rows[:, : _DENSE - 1] = np.vstack([document.summary_input.rows for document in corpus])
    rows[:, _DENSE - 1] = 1
    keys = (keys for document in corpus for keys in word_keys(document.summary_input))
    for row, known in zip(rows, keys, strict=True):
        row[[column[key] for key in known if key in column]] = WORD_VALUE
    parts = np.split(rows, np.cumsum(lengths)[:-1])
    read = [(document, part) for document, part in zip(corpus, parts, strict=True) if document.verdicts]
    said = [verdict for document, _ in read for verdict in document.verdicts]
    judged = np.vstack([rows[:0], *(part for _, part in read)])
    present: dict[str, Matrix] = {}
    for document, part in read:
        seen = present.setdefault(document.source, np.zeros(len(words)))
        np.maximum(seen, (part[:, _DENSE:] > 0).any(axis=0), out=seen)
    weights = np.array([1.0 if verdict else UNKNOWN_WEIGHT for verdict in said])
    by_verdicts = _equations(judged, _targets(said), weights)
    for part in parts:
        part -= part.mean(axis=0)
    likeness = np.concatenate([document.likeness - document.likeness.mean() for document in corpus])
    by_standfirst = _equations(rows, likeness[:, None], STANDFIRST_WEIGHT / np.repeat(lengths, lengths))
    ids = tuple(document.id for document, _ in read)
    counts = (judged[:, _DENSE:] > 0).sum(axis=0).astype(float)
    return Sums(ids, counts, np.sum(list(present.values()), axis=0) + np.zeros(len(words)), by_verdicts, by_standfirst)


Equations = tuple[Matrix, Matrix, float]


def _equations(rows: Matrix, targets: Matrix, weights: Matrix) -> Equations:
    weighed = (rows * weights[:, None]).T
    return weighed @ rows, weighed @ targets, float(weights @ (targets**2).sum(axis=1))


def _targets(said: Sequence[str]) -> Matrix:
    flags = [(verdict == BEST, verdict in (BEST, GOOD), verdict not in (BEST, GOOD, "")) for verdict in said]
    return np.array(flags, dtype=float).reshape(len(said), 3)


def _select(sums: Equations, columns: Matrix) -> Equations:
    return sums[0][np.ix_(columns, columns)], sums[1][columns], sums[2]


def _penalties(sums: Equations) -> Matrix:
    """What the ridge is multiplied by: 1 for words, its variance for a feature, next to nothing for the constant."""
    squares = sums[0]
    weight = squares[_DENSE - 1, _DENSE - 1]
    result = np.ones(len(squares))
    result[:_DENSE] = np.diag(squares)[:_DENSE] / weight - (squares[_DENSE - 1, :_DENSE] / weight) ** 2 + 1e-6
    return result


def _solve(sums: Equations, penalty: Matrix) -> Matrix:
    return np.asarray(np.linalg.solve(sums[0] + np.diag(penalty), sums[1]), dtype=np.float64)


def _loss(sums: Equations, theta: Matrix) -> float:
    """The weighed squared error on other data."""
    squares, products, total = sums
    return float(total - 2 * (theta * products).sum() + (theta * (squares @ theta)).sum())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_summaries", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=CORPUS)
    parser.add_argument("--write", action="store_true", help=f"write {DATA.name}")
    options = parser.parse_args()
    data = Corpus.read(options.folder).train()
    print(f"{len(data['trained_on'])} posts, {len(data['features'])} features, {len(data['words'])} words")
    if options.write:
        lines = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in data.items() if key != "words"]
        words = ",\n".join(f"{json.dumps(word)}: {json.dumps(values)}" for word, values in data["words"].items())
        DATA.write_text("{\n" + ",\n".join([*lines, '"words": {\n' + words + "\n}"]) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
