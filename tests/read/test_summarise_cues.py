"""Which sentences may stand in a summary, and which lean on the one before."""

from __future__ import annotations

import pytest

from digest.read import cues, leaning


@pytest.mark.parametrize(
    "sentence",
    [
        "However, they had to wait for another year.",
        "They had to wait for another year.",
        "It’s a good thing for the towns.",
        "This is why we built the register.",
        "“And so we went home to Ashby.”",
        "As a result, the queue is gone.",
        "In addition, every clerk was trained.",
        "After that, the towns met in May.",
    ],
)
def test_leaning(sentence: str) -> None:
    assert leaning.leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This post explains how the register works.",
        "This year the towns met in May.",
        "Itinerant traders have one licence now.",
        "Andover has a register of its own.",
        "There are six towns in the scheme.",
        "Thanks go to those who came.",
    ],
)
def test_standing(sentence: str) -> None:
    assert not leaning.leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Six people sitting around a table",
        "Why did nobody do this before the towns met?",
        "We need to do three things this year:",
        "Jane Smith: we began in the spring of that year.",
        "and then the towns met again in May.",
        "He said “we began in the spring of that year.",
        "Too short for this.",
        "Subscribe to this blog for more on the register.",
        "Image via Ann Other, who lives in the town.",
        "The post Registers appeared first on The Town Crier.",
        "Darren Other is creator and owner of the register.",
        "By Lauren Other, who works for the five towns.",
        "The five towns met again in the spring of […].",
    ],
)
def test_unfit(sentence: str) -> None:
    assert not cues.fit(sentence)


def test_pointing_back() -> None:
    assert leaning.points_back("We handed the rest to those towns.")
    assert not leaning.points_back("Thanks go to those who came.")


def test_fit() -> None:
    assert cues.fit("The five towns met again in the spring of 2019.")
    assert cues.fit("“We began in the spring,” said the clerk of the five towns.")
