"""sumy's algorithms over our sentences: what sumy picks, in our words, offsets and limits."""

from __future__ import annotations

import pytest
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as SumySentence
from sumy.summarizers.kl import KLSummarizer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.luhn import LuhnSummarizer
from sumy.summarizers.reduction import ReductionSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from digest.model import Article, Block, BlockKind
from digest.read.summary.summarise import candidates, summarise
from digest.read.summary.sumy_methods import METHODS, rank_sentences
from digest.read.summary.word_stems import stemmer_of, words_of
from digest.settings.tables import SummaryRule

TITLE = "A common licence register for market towns"
PARAGRAPHS = (
    "Market towns keep their own lists of street licences. Clerks copy every list by hand twice a year.",
    "Five market towns built one common licence register in three months. It cost them a clerk's wages for a year.",
    "The register runs on the computers that the towns already own. No town had to buy a new machine for it.",
    "Traders apply once and every town sees the answer. Waiting times for a licence fell from four weeks to six days.",
    "Clerks found that each town believed its own licence rules to be special. The rules differed in eleven words.",
    "More towns will join the common register in May. Any council may join the register of licences for a small fee.",
    "Subscribe to our newsletter to hear about the common licence register of the market towns.",
)
PLAIN = {
    "lexrank": LexRankSummarizer,
    "lsa": LsaSummarizer,
    "textrank": TextRankSummarizer,
    "luhn": LuhnSummarizer,
    "reduction": ReductionSummarizer,
    "kl": KLSummarizer,
}


def article(*paragraphs: str, language: str = "en") -> Article:
    return Article(tuple(Block(BlockKind.PARAGRAPH, paragraph) for paragraph in paragraphs), language)


class Words:
    def to_words(self, text: str) -> tuple[str, ...]:
        return words_of(text)


@pytest.mark.parametrize("method", PLAIN)
def test_the_best_sentences_are_those_that_sumy_picks(method: str) -> None:
    post = article(*PARAGRAPHS[:-1])
    sentences = candidates(post)
    stemmer = stemmer_of("en")
    order = rank_sentences(method, post, sentences, range(len(sentences)), title="", stemmer=stemmer)
    assert sorted(order) == list(range(len(sentences)))
    summarizer = PLAIN[method](stemmer.stem)
    summarizer.stop_words = stemmer.stop
    document = ObjectDocumentModel([Paragraph([SumySentence(one.text, Words()) for one in sentences])])
    for count in (1, 3, 5):
        expected = [str(sentence) for sentence in summarizer(document, count)]
        assert [sentences[i].text for i in sorted(order[:count])] == expected


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_limits_order_and_offsets_and_takes_no_boilerplate(method: str) -> None:
    post = article(*PARAGRAPHS)
    for sentences, max_words in ((1, 90), (3, 90), (3, 30), (5, 60)):
        summary = summarise(post, title=TITLE, method=method, sentences=sentences, max_words=max_words)
        assert summary.method == method
        assert 1 <= len(summary.sentences) <= sentences
        assert sum(len(one.text.split()) for one in summary.sentences) <= max_words
        assert not any("Subscribe" in one.text for one in summary.sentences)
        assert all(post.text[one.start : one.end] == one.text for one in summary.sentences)
        assert [one.start for one in summary.sentences] == sorted(one.start for one in summary.sentences)


def test_edmundson_counts_what_title_and_headings_say() -> None:
    post = article(*PARAGRAPHS)
    [best] = summarise(post, title="Waiting times fell to six days", method="edmundson", sentences=1).sentences
    assert best.text.startswith("Waiting times")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "paragraphs",
    [
        ("The the the of of and and to to it.",) * 5,
        ("The same sentence stands in this post many times over.",) * 9,
        ("1 2 3 4 5 6 7.", "8 9 10 11 12 13.", "— — — — — — —.", "14 15 16 17 18 19."),
        tuple(f"Sentence {n} of a very long post speaks of register {n % 7} and town {n % 11}." for n in range(400)),
    ],
    ids=["stop words", "repeated", "numbers", "long"],
)
def test_no_text_makes_a_method_fail(method: str, paragraphs: tuple[str, ...]) -> None:
    assert summarise(article(*paragraphs), title="", method=method).sentences


@pytest.mark.parametrize("method", METHODS)
def test_methods_work_in_other_languages(method: str) -> None:
    post = article(
        "Seit Oktober führen fünf Marktstädte ein gemeinsames Register. Händler stellen ihren Antrag nur noch einmal.",
        "Die Wartezeit sank von vier Wochen auf sechs Tage. Drei weitere Städte treten dem Register im Mai bei.",
        language="de",
    )
    assert summarise(post, title="Ein Register", method=method, sentences=2).method == method


def test_the_settings_name_every_method() -> None:
    for method in ("auto", "lead", *METHODS):
        assert SummaryRule.model_validate({"method": method}).method == method
