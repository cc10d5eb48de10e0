"""The linear model of a sentence's fitness."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np

from digest.read.summary.fitness import VERDICTS, FitnessModel, shipped, word_keys
from digest.read.summary.sentence_features import FEATURES
from tests.read.summary.test_choose_set import SENTENCES, summary_input_of


def test_word_keys_mark_first_and_early_words() -> None:
    many = tuple(
        f"Town number {name} keeps a register." for name in ("one", "two", "three", "four", "five", "six", "ten")
    )
    keys = list(word_keys(summary_input_of(many)))
    assert keys[0] == [
        *("town", "number", "one", "keeps", "a", "register", "^town"),
        *("<town", "<number", "<one", "<keeps", "<a", "<register"),
    ]
    assert keys[6][-1] == "^town"


def test_estimates_add_up_and_stay_probabilities() -> None:
    summary_input = summary_input_of(SENTENCES)
    zeros = {name: [0.0] * len(VERDICTS) for name in FEATURES}
    data = {
        "weights": [3, 2, -1, 4],
        "constant": [0.1, 0.2, 0.3, 0.0],
        "features": zeros,
        "words": {"register": [0.5, 0.25, -0.2, 0.4], "^a": [9, 9, -9, 0]},
    }
    estimates = FitnessModel.from_names(data).estimate(summary_input)
    assert np.allclose(estimates[0], [0.6, 0.45, 0.1, 0.3])
    assert np.allclose(estimates[1], [0.1, 0.2, 0.3, -0.1])
    assert np.allclose(estimates[3], [0.97, 0.97, 0.01, -0.1])


def test_an_announcement_is_fitter_than_a_call_and_a_pointer() -> None:
    sentences = (
        "Today the council launched a shared register that five towns built in months of research with traders.",
        "The team interviewed forty traders in Ashby and found that most had never seen the old form.",
        "Please fill in our survey and let me know your thoughts in the comments.",
        "Here are some examples.",
    )
    best, printable, unfit, _ = shipped().estimate(summary_input_of(sentences)).T
    assert best[:2].min() > best[2:].max()
    assert printable[:2].min() > printable[2:].max()
    assert unfit[:2].max() < unfit[2:].min()


def test_shipped_model_holds_words_and_no_text() -> None:
    data = json.loads(resources.files("digest.read").joinpath("data/summaries.json").read_text("utf-8"))
    assert set(data["features"]) == set(FEATURES)
    assert not [key for key in data["words"] if " " in key]
