"""Which sentences a summary may use, and which cannot be understood without the one before."""

from __future__ import annotations

import pytest

from digest.read.summary import sentence_form


def is_usable(sentence: str) -> bool:
    return sentence_form.is_complete(sentence) and sentence_form.indexes_without_boilerplate([sentence]) == [0]


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
        "No, the towns never met in May.",
        "One final word on the register of the towns.",
        "In the latter case, the clerks kept the register.",
        "The result is a register of all the towns.",
    ],
)
def test_dependent_openings(sentence: str) -> None:
    assert sentence_form.opens_dependent(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This post explains how the register works.",
        "This year the towns met in May.",
        "Itinerant traders have one licence now.",
        "Andover has a register of its own.",
        "There are six towns in the scheme.",
        "Thanks go to those who came.",
        "The results of the survey are in the register.",
    ],
)
def test_independent_openings(sentence: str) -> None:
    assert not sentence_form.opens_dependent(sentence)


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
        "The five towns met again in the spring of […].",
        "The towns want, as far as they can, to tailor the register …",
        "He said ‘we began in the spring of that year.",
        "We began in the spring of that year.’",
        "He said «we began in the spring of that year.",
        "You can see the clerks at work in the video below.",
        "The five towns and their clerks are listed below.",
        "To join the five towns, write to clerk@towns.example.",
        "Try the common register and let us know what you think.",
        "This report by Ann Other of the five towns first appeared here.",
    ],
)
def test_unusable_sentences(sentence: str) -> None:
    assert not is_usable(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "We handed the rest to those towns.",
        "The disk holds several other registers.",
    ],
)
def test_sentences_that_refer_back(sentence: str) -> None:
    assert sentence_form.refers_back(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Thanks go to those who came.",
        "The towns keep a register and the clerks copy it twice a year.",
        "We made it easier to apply for a licence.",
        "We know it is hard to wait for four weeks.",
        "The register has two more than last year.",
    ],
)
def test_sentences_that_do_not_refer_back(sentence: str) -> None:
    assert not sentence_form.refers_back(sentence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The towns’ clerks don’t meet.", True),
        ("It has run since the ‘90s.", True),
        ("They call it ‘the list’, and copy it.", True),
        ("“We met.” “We parted.”", True),
        ("“We met.", False),
        ('"We met, and parted.', False),
        ("They call it ‘the list, and copy it.", False),
    ],
)
def test_balanced_quotation_marks(text: str, *, expected: bool) -> None:
    assert sentence_form.has_balanced_quotes(text) is expected


def test_usable_sentences() -> None:
    assert is_usable("The five towns met again in the spring of 2019.")
    assert is_usable("“We began in the spring,” said the clerk of the five towns.")


@pytest.mark.parametrize(
    "sentence",
    [
        "## Load the lists The five towns load the lists.",
        "You may join [in issue 23](https://towns.example/23) of the five towns.",
        "The five towns keep the register (link removed) for traders.",
        "To learn more of the five towns, please visit .",
        "“The register of the five towns is the best that we ever had.”",
        "A view from the hall of the old market in Ashby.",
        "In this post, the clerks explain how the register works.",
        "Later we’ll share what the five towns think of the register.",
        "I joined the five towns in the spring of 2019.",
    ],
)
def test_sentences_that_are_taken_only_where_there_is_nothing_else(sentence: str) -> None:
    assert not sentence_form.is_fit(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The five towns met again in the spring of 2019.",
        "“We began in the spring,” said the clerk of the five towns.",
        "The register lets traders apply once.",
        "In turn, Ashby and Bourne run it.",
    ],
)
def test_fit_sentences(sentence: str) -> None:
    assert sentence_form.is_fit(sentence)


def test_in_other_languages_english_verbs_are_not_asked_for() -> None:
    assert sentence_form.is_fit("Das Amt kam im Mai in die Stadt.", "de")
