"""How fit each sentence is for a summary, by a linear model that an editor's verdicts taught.

The verdicts of editors on sentences of real posts (fit to print, best of its post, unfit) are the targets, and the
numbers of `sentence_features` and the words of a sentence what they are explained by. `benchmarks/train_summaries.py`
learns the coefficients and writes `data/summaries.json`. Words are English; elsewhere the numbers decide alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from digest.read.summary.sentence_features import FEATURES, Matrix, SummaryInput

VERDICTS = ("best", "printable", "unfit", "standfirst")
"""What is estimated of each sentence: what an editor says of it ("best" ones are printable, too), and its likeness to
an author's standfirst, from the mean of its post."""
Weights = tuple[float, float, float, float]
"""What each of these is worth in a summary; an unfit sentence costs something."""
_EARLY = 6  # sentences among which a word may mean something else than later
_LEAST, _MOST = 0.01, 0.97  # a linear estimate may leave the range of a probability


@dataclass(frozen=True, slots=True)
class FitnessModel:
    dense: Matrix  # shape (FEATURES, VERDICTS)
    words: Mapping[str, int]  # rows of `word_weights`
    word_weights: Matrix  # shape (words, VERDICTS)
    constant: Matrix  # shape (VERDICTS,)
    weights: Weights

    @classmethod
    def from_names(cls, data: Mapping[str, Any]) -> FitnessModel:
        """From the weights by name; every feature must be there."""
        dense = np.array([data["features"][name] for name in FEATURES])
        words = {word: row for row, word in enumerate(data["words"])}
        word_weights = np.array([*data["words"].values()], dtype=float).reshape(len(words), len(VERDICTS))
        best, printable, unfit, standfirst = map(float, data["weights"])
        weights = (best, printable, unfit, standfirst)
        return cls(dense, words, word_weights, np.array(data["constant"]), weights)

    def estimate(self, summary_input: SummaryInput) -> Matrix:
        """The probability of each verdict on each sentence, and its likeness. Shape (sentences, VERDICTS)."""
        values = summary_input.rows @ self.dense + self.constant
        if summary_input.language == "en":
            values += self._of_words(summary_input)
        values[:, :-1] = np.clip(values[:, :-1], _LEAST, _MOST)
        values[:, -1] -= values[:, -1].mean()
        estimates: Matrix = values
        return estimates

    def _of_words(self, summary_input: SummaryInput) -> Matrix:
        """What each sentence's words add. All are summed up at once, and sentences cut out of the sums."""
        known: list[int] = []
        ends = [0]
        for keys in word_keys(summary_input):
            known += [row for row in map(self.words.get, keys) if row is not None]
            ends.append(len(known))
        sums = np.vstack([np.zeros(len(VERDICTS)), self.word_weights[known].cumsum(axis=0)])
        return np.asarray(np.diff(sums[ends], axis=0), dtype=np.float64)


def word_keys(summary_input: SummaryInput) -> Iterator[list[str]]:
    """For each sentence what the model knows of its words: each once, the first as such, and early ones again."""
    for at, words in enumerate(summary_input.tokens):
        unique = list(dict.fromkeys(words))
        early = ["<" + word for word in unique] if at < _EARLY else []
        yield [*unique, *("^" + word for word in words[:1]), *early]


@cache
def shipped() -> FitnessModel:
    """The model of `data/summaries.json`."""
    data = resources.files("digest.read").joinpath("data/summaries.json").read_text("utf-8")
    return FitnessModel.from_names(json.loads(data))
