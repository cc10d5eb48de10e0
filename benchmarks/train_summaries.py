"""Learn the summariser's weights from posts with their authors' standfirsts, and check them across sources.

    python -m benchmarks.train_summaries ../shared/corpora/summaries/dev.jsonl [--write]

For each post, all allowed sets of three sentences out of a pool of the best are scored by ROUGE against the standfirst.
The weights are those of the softmax over these sets that is nearest to exp(reward / TEMPERATURE), with a ridge: a
convex problem, solved by Newton's method, the same on every machine. The pool comes from the weights of the round
before, the first from LexRank, position and title. The mean of three such fits, two of them blind to a notion of
position, is steadier than each. Only weights are written, no text.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality_suites.rouge import best
from benchmarks.quality_suites.summaries import article_of
from digest.read.summary import sentence_cues, sentence_sets
from digest.read.summary.lexrank import Matrix
from digest.read.summary.sentence_features import FEATURES, SummaryInput, build_summary_input
from digest.read.summary.split_sentences import split_article
from digest.read.summary.summarise import best_set, usable_sentences
from digest.read.summary.word_stems import stemmer_of

DATA = Path(__file__).parents[1] / "digest/read/data/summaries.json"
DOMAIN = "standfirst"
# What a post of each set counts. GUM's have up to five summaries by different people, so that its best sentences are
# known better. Left out: "bbc", whose golds are seven sentences long, another task.
TRAINED_ON = {DOMAIN: 1.0, "gum": 2.0}
REWARD = np.array([0.26, 0.5, 0.34])  # of ROUGE-1, 2 and L: 2 tells best whether the right sentence was found
TEMPERATURE = 0.08
RIDGE = 0.5
ROUNDS = 2
SEEDS = 3  # ways to deal the posts into fifths
MAX_WORDS = 90
FIRST = {"lexrank": 0.5, "early": 0.5, "title": 0.3, "purpose": 0.2}
# "early" and "first" stand in for each other.
BLIND_TO = (frozenset[str](), frozenset(["early"]), frozenset(["first"]))


@dataclass
class Document:
    set: str
    source: str
    golds: list[str]
    summary_input: SummaryInput
    usable: list[int]
    rewards: dict[tuple[int, ...], float] = field(default_factory=dict)
    rows: Matrix = field(default_factory=lambda: np.zeros((0, 0)))  # features of its sets
    target: Matrix = field(default_factory=lambda: np.zeros(0))

    def reward(self, sentence_set: tuple[int, ...]) -> float:
        if sentence_set not in self.rewards:
            summary = "\n".join(self.summary_input.sentences[i].text for i in sentence_set)
            self.rewards[sentence_set] = float(REWARD @ np.array(best(self.golds, summary)))
        return self.rewards[sentence_set]


def documents(path: Path) -> list[Document]:
    result: list[Document] = []
    stemmer = stemmer_of("en")
    for line in path.read_text("utf-8").splitlines():
        row: dict[str, Any] = json.loads(line)
        if row["set"] not in TRAINED_ON:
            continue
        article = article_of(row["text"])
        sentences = split_article(article)
        own = sentence_cues.indexes_without_boilerplate([sentence.text for sentence in sentences])
        summary_input = build_summary_input(article, sentences, row["title"] or "", stemmer)
        short = [i for i in usable_sentences(article, sentences, own) if summary_input.words[i] <= MAX_WORDS]
        if len(short) > 3:
            result.append(Document(row["set"], row["source"], row.get("golds") or [row["gold"]], summary_input, short))
    return result


def prepare(document: Document, weights: sentence_sets.Weights, blind: frozenset[str]) -> None:
    """The sets to learn from, with what the softmax should say of them."""
    summary_input = document.summary_input
    pool = sentence_sets.select_pool(summary_input, document.usable, weights)
    sizes = sentence_sets.allowed_sets(summary_input, pool, weights, sentences=3, max_words=MAX_WORDS)
    if not sizes:  # every sentence leans on one that is not in the pool
        document.rows = np.zeros((0, len(FEATURES) + len(sentence_sets.SET_FEATURES)))
        return
    members = sizes[-1][0]
    single, joint = (
        sentence_sets.single_rows(summary_input, pool, members),
        sentence_sets.joint_rows(summary_input, pool, members),
    )
    single[:, [FEATURES.index(name) for name in blind]] = 0
    rows = np.hstack([single, joint])
    document.rows = rows - rows.mean(axis=0)
    rewards = np.array([document.reward(tuple(pool[i] for i in np.flatnonzero(member))) for member in members])
    target = np.exp((rewards - rewards.max()) / TEMPERATURE)
    document.target = target / target.sum()


def learn(train: Sequence[Document]) -> sentence_sets.Weights:
    """Newton's method on the mean cross-entropy plus RIDGE·|weights|², in units of the features' deviation."""
    deviation = np.concatenate([document.rows for document in train]).std(axis=0) + 1e-6
    counts = np.array([TRAINED_ON[document.set] for document in train])
    counts /= counts.sum()
    theta = np.zeros(len(deviation))
    for _ in range(30):
        gradient, curvature = 2 * RIDGE * theta, 2 * RIDGE * np.eye(len(theta))
        for document, count in zip(train, counts, strict=True):
            rows = document.rows / deviation
            odds = np.exp(rows @ theta - (rows @ theta).max())
            share = odds / odds.sum()
            mean = share @ rows
            gradient = gradient + count * (mean - document.target @ rows)
            curvature = curvature + count * ((rows * share[:, None]).T @ rows - np.outer(mean, mean))
        step = np.linalg.solve(curvature, gradient)
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    theta = theta / deviation
    return sentence_sets.Weights(theta[: len(FEATURES)], theta[len(FEATURES) :])


def fit(train: Sequence[Document]) -> sentence_sets.Weights:
    fits = [_fit(train, blind) for blind in BLIND_TO]
    return sentence_sets.Weights(
        np.mean([one.single for one in fits], axis=0), np.mean([one.joint for one in fits], axis=0)
    )


def _fit(train: Sequence[Document], blind: frozenset[str]) -> sentence_sets.Weights:
    first = [0.0 if name in blind else FIRST.get(name, 0.0) for name in FEATURES]
    weights = sentence_sets.Weights(np.array(first), np.zeros(len(sentence_sets.SET_FEATURES)))
    for _ in range(ROUNDS):
        for document in train:
            prepare(document, weights, blind)
        weights = learn([document for document in train if len(document.rows)])
    return weights


def scores(test: Sequence[Document], weights: sentence_sets.Weights) -> Matrix:
    """ROUGE-1, 2 and L of each document, with what the product would choose."""
    values = []
    for document in test:
        sentence_set = best_set(document.summary_input, document.usable, 3, MAX_WORDS, weights)
        values.append(best(document.golds, "\n".join(document.summary_input.sentences[i].text for i in sentence_set)))
    return np.array(values)


def across(rows: Sequence[Document], fold_of: Callable[[int], object]) -> Matrix:
    """Scores of the domain's documents, each by weights that never saw its fold."""
    domain = [i for i, document in enumerate(rows) if document.set == DOMAIN]
    result = []
    for fold in sorted({str(fold_of(i)) for i in domain}):
        train = [document for i, document in enumerate(rows) if str(fold_of(i)) != fold]
        result.append(scores([rows[i] for i in domain if str(fold_of(i)) == fold], fit(train)))
    return np.concatenate(result)


def _fifths(count: int, seed: int) -> Callable[[int], object]:
    folds = [i % 5 for i in range(count)]
    random.Random(seed).shuffle(folds)
    return folds.__getitem__


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train_summaries", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--write", action="store_true", help=f"write the weights to {DATA.name}")
    options = parser.parse_args()
    corpus = documents(options.path)
    by_source = across(corpus, lambda i: corpus[i].source).mean(axis=0)
    by_fifths = np.mean([across(corpus, _fifths(len(corpus), seed)).mean(axis=0) for seed in range(SEEDS)], axis=0)
    weights = fit(corpus)
    averages = scores([document for document in corpus if document.set == DOMAIN], weights).mean(axis=0)
    for name, figures in (("sources never seen", by_source), ("posts never seen", by_fifths), ("all seen", averages)):
        print(f"{name:20}" + "  ".join(f"{figure:.4f}" for figure in figures))
    if options.write:
        data = {
            "made_by": "benchmarks/train_summaries.py",
            "documents": len(corpus),
            "single": dict(zip(FEATURES, (round(float(w), 4) for w in weights.single), strict=True)),
            "joint": dict(zip(sentence_sets.SET_FEATURES, (round(float(w), 4) for w in weights.joint), strict=True)),
        }
        DATA.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
