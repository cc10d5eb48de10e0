"""Summaries: verbatim, in order, never cut, and fit to be read on their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Block, BlockKind, Sentence
from digest.read.summary.sentence_form import opens_dependent
from digest.read.summary.summarise import candidates, summarise
from digest.read.summary.word_stems import LANGUAGES, stemmer_of

TITLE = "A common licence register for market towns"
PARAGRAPHS = (
    "Market towns keep their own lists of street licences. Clerks copy every list by hand twice a year.",
    "In this post we describe how five market towns built one common licence register. It took three months.",
    "However, they had no budget for new machines. The register runs on the computers that the towns already own.",
    "Traders apply once and every town sees the answer. Waiting times fell from four weeks to six days.",
    "Why did nobody do this before? We found that each town believed its own rules to be special.",
    "The common licence register is a shared list that any council may join. More towns will join the register in May.",
    "Subscribe to our newsletter to hear about the next common licence register.",
)


def article(*paragraphs: str, language: str = "en", kind: BlockKind = BlockKind.PARAGRAPH) -> Article:
    return Article(tuple(Block(kind, paragraph) for paragraph in paragraphs), language)


def assert_verbatim(post: Article, sentences: tuple[Sentence, ...]) -> None:
    last = -1
    for sentence in sentences:
        assert sentence in candidates(post)
        assert post.text[sentence.start : sentence.end] == sentence.text
        assert sentence.start > last
        last = sentence.end


@pytest.mark.parametrize("method", ["auto", "lexrank", "lead"])
def test_sentences_are_verbatim_in_order_and_within_the_limits(method: str) -> None:
    post = article(*PARAGRAPHS)
    summary = summarise(post, title=TITLE, method=method)
    assert summary.method == {"auto": "learnt"}.get(method, method)
    assert 1 <= len(summary.sentences) <= 3
    assert_verbatim(post, summary.sentences)


def test_the_subject_of_the_title_is_in_the_summary() -> None:
    summary = [sentence.text for sentence in summarise(article(*PARAGRAPHS), title=TITLE).sentences]
    assert any("register" in text for text in summary)


def test_questions_calls_to_subscribe_and_dependent_openings_are_left_out() -> None:
    for count in (1, 2, 3, 5):
        summary = [s.text for s in summarise(article(*PARAGRAPHS), title=TITLE, sentences=count).sentences]
        assert not any("Subscribe" in text or text.endswith("?") for text in summary)
        assert not opens_dependent(summary[0])


def test_a_dependent_sentence_follows_the_one_it_depends_on() -> None:
    post = article(*PARAGRAPHS)
    every = candidates(post)
    for count in range(1, 8):
        selected = summarise(post, title=TITLE, sentences=count, max_words=300).sentences
        for sentence in selected:
            if opens_dependent(sentence.text):
                assert every[every.index(sentence) - 1] in selected


def test_too_few_words_make_fewer_sentences_never_cut_ones() -> None:
    post = article(*PARAGRAPHS)
    for limit in range(20, 60, 5):
        selected = summarise(post, title=TITLE, max_words=limit).sentences
        assert sum(len(sentence.text.split()) for sentence in selected) <= limit
        assert_verbatim(post, selected)


def test_a_sentence_over_the_limit_stands_alone_and_only_where_none_is_shorter() -> None:
    long = "The register " + "and the list " * 40 + "grew."
    only = summarise(article(long + " " + long.replace("grew", "shrank")), title=TITLE)
    assert [sentence.text for sentence in only.sentences] == [long]
    either = summarise(article(long, *PARAGRAPHS), title=TITLE)
    assert long not in [sentence.text for sentence in either.sentences]


def test_similar_sentences_give_a_shorter_summary() -> None:
    wordy = [
        f"The common licence register of {town} lists every street trader, every stall and every fee that clerks know."
        for town in ("Ashby", "Bourne", "Calne", "Diss")
    ]
    assert len(summarise(article(*wordy, *PARAGRAPHS), title=TITLE).sentences) < 3


def test_a_summary_has_at_most_two_sentences_fewer_than_requested() -> None:
    for count in range(1, 7):
        summary = summarise(article(*PARAGRAPHS), title=TITLE, sentences=count, max_words=300).sentences
        assert count - 2 <= len(summary) <= count


def test_no_sentence_repeats_another() -> None:
    post = article(*(PARAGRAPHS[:4] + PARAGRAPHS[:4] + PARAGRAPHS[5:]))
    summary = [sentence.text for sentence in summarise(post, title=TITLE, sentences=4).sentences]
    assert len(summary) == len(set(summary))


def test_a_very_short_post_is_shown_whole() -> None:
    post = article("Voting has ended in Crieff. Will you come to the count?")
    summary = summarise(post, title="Voting in Crieff")
    assert summary.method == "whole"
    assert summary.sentences == candidates(post)


def test_a_short_post_that_was_cut_off_ends_with_its_last_finished_sentence() -> None:
    cut = summarise(article("Voting has ended in Crieff. The people could decide on how budget"), title="Voting")
    assert [sentence.text for sentence in cut.sentences] == ["Voting has ended in Crieff."]
    only = summarise(article("The people could decide on how budget"), title="Voting")
    assert [sentence.text for sentence in only.sentences] == ["The people could decide on how budget"]


def test_a_short_post_is_shown_without_the_caption_that_came_first() -> None:
    caption = "The clerks of two towns counting votes in a hall"
    summary = summarise(article(caption, "Voting has ended in Crieff."), title="Voting")
    assert [sentence.text for sentence in summary.sentences] == ["Voting has ended in Crieff."]


HALVES = ("“We counted for three days.", "Nobody slept.”")


@pytest.mark.parametrize("method", ["auto", "lexrank", "lead"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_summary_is_never_half_a_quotation(method: str, count: int) -> None:
    for post in (article(" ".join(HALVES), *PARAGRAPHS), article(*HALVES, *PARAGRAPHS), article(*PARAGRAPHS, *HALVES)):
        summary = [s.text for s in summarise(post, title=TITLE, sentences=count, method=method).sentences]
        assert (HALVES[0] in summary) == (HALVES[1] in summary)


def test_in_a_short_post_a_quotation_is_shown_whole_or_not_at_all() -> None:
    both = summarise(article("Voting has ended.", *HALVES), title="Voting")
    assert [sentence.text for sentence in both.sentences] == ["Voting has ended.", *HALVES]
    half = summarise(article("Voting has ended.", HALVES[0]), title="Voting")
    assert [sentence.text for sentence in half.sentences] == ["Voting has ended."]


def test_a_short_post_is_shown_without_page_furniture() -> None:
    summary = summarise(article("Voting has ended in Crieff.", "Subscribe to this blog"), title="Voting")
    assert summary.method == "whole"
    assert [sentence.text for sentence in summary.sentences] == ["Voting has ended in Crieff."]


@pytest.mark.parametrize("post", [Article(()), article("", " "), Article((Block(BlockKind.HEADING, "Hello", 2),))])
def test_without_sentences_there_is_no_summary(post: Article) -> None:
    assert summarise(post, title="Hello").method == "none"
    assert summarise(post, title="Hello").sentences == ()


def test_a_post_of_lists_is_summarised_by_its_prose() -> None:
    items = tuple(Block(BlockKind.LIST_ITEM, f"item {number} of the list") for number in range(30))
    prose = Block(BlockKind.PARAGRAPH, "We keep thirty things on the common list. Every town may add its own.")
    post = Article((prose, *items), "en")
    summary = summarise(post, title="Thirty things")
    assert summary.sentences
    assert set(summary.sentences) <= set(candidates(post)[:2])


def test_a_post_of_nothing_but_list_stubs_still_shows_some() -> None:
    post = article(*(f"thing number {number}" for number in range(30)), kind=BlockKind.LIST_ITEM)
    summary = summarise(post, title="Thirty things")
    assert summary.sentences
    assert_verbatim(post, summary.sentences)


def test_an_interview_is_summarised_by_its_answers() -> None:
    turns = []
    for number, place in enumerate(("Ashby", "Bourne", "Calne", "Diss", "Ely", "Frome")):
        turns += [
            f"What did you learn about the register in {place}?",
            f"Jo Bell: It went well in {place} over some months.",
            f"The clerks of {place} learned to share the register within {number + 2} weeks of its launch.",
        ]
    summary = [sentence.text for sentence in summarise(article(*turns), title="The register in six towns").sentences]
    assert summary
    assert all(text.startswith("The clerks of") for text in summary)


def test_quotations_are_left_out_if_the_article_has_sentences_of_its_own() -> None:
    quotes = tuple(
        Block(BlockKind.QUOTE, f"The common licence register of market towns changed everything for stall {number}.")
        for number in range(8)
    )
    own = [Block(BlockKind.PARAGRAPH, text) for text in PARAGRAPHS[:4]]
    mixed = summarise(Article((*quotes, *own), "en"), title=TITLE)
    assert not any("stall" in sentence.text for sentence in mixed.sentences)
    assert summarise(Article(quotes, "en"), title=TITLE).sentences


FRENCH = (
    "Les mairies de la région tiennent leurs propres listes de licences pour les marchés.",
    "Cinq villes ont construit ensemble un registre commun des licences pour les marchés.",
    "Les commerçants font une seule demande et toutes les villes voient la réponse.",
    "Le délai est passé de quatre semaines à six jours dans les cinq villes.",
    "Le registre commun sera ouvert à toutes les villes de la région au mois de mai.",
)
FINNISH = (
    "Viisi kaupunkia rakensi tänä vuonna yhteisen rekisterin torikauppiaille.",
    "Kauppiaat tekevät yhden hakemuksen ja jokainen kaupunki näkee vastauksen.",
    "Odotusaika lyheni neljästä viikosta kuuteen päivään heti keväällä.",
    "Kolme muuta kaupunkia liittyy yhteiseen rekisteriin toukokuussa.",
)


@pytest.mark.parametrize("declared", ["fr", "fr-CA", ""])
def test_a_language_of_sumy_is_ranked_declared_or_not(declared: str) -> None:
    post = article(*FRENCH, language=declared)
    summary = summarise(post, title="Un registre commun des licences")
    assert summary.method == "learnt"
    assert any("registre commun" in sentence.text for sentence in summary.sentences)
    assert_verbatim(post, summary.sentences)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_each_supported_language_has_stemmer_and_stop_words(code: str) -> None:
    stemmer = stemmer_of(code)
    assert stemmer.stop
    assert stemmer.parts(["register", "ein"])


@pytest.mark.parametrize("declared", ["fi", "pl", "el", "", "zz"])
def test_an_unsupported_language_is_summarised_by_its_lead(declared: str) -> None:
    post = article(*FINNISH, language=declared)
    summary = summarise(post, title="Yhteinen rekisteri")
    assert summary.method == "lead"
    assert summary.sentences == candidates(post)[: len(summary.sentences)]


def test_a_long_post_is_summarised_from_its_beginning_and_end() -> None:
    post = article(*(f"Paragraph {number} tells of stall {number} and its licence." for number in range(5000)))
    selected = summarise(post, title="Stalls").sentences
    every = candidates(post)
    near = {*every[:250], *every[-50:]}
    assert set(selected) <= near


texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=120), max_size=12)


@given(texts, st.text(max_size=40), st.sampled_from(["", "en", "de", "cy"]), st.integers(1, 6), st.integers(20, 120))
def test_any_text_gives_verbatim_sentences_in_order(
    paragraphs: list[str], title: str, language: str, count: int, limit: int
) -> None:
    post = article(*(" ".join(paragraph.split()) for paragraph in paragraphs), language=language)
    summary = summarise(post, title=title, sentences=count, max_words=limit)
    assert len(summary.sentences) <= count
    assert bool(summary.sentences) == (summary.method != "none")
    assert_verbatim(post, summary.sentences)
    lengths = [len(sentence.text.split()) for sentence in summary.sentences]
    assert sum(lengths) <= limit or len(lengths) == 1
    assert summary == summarise(post, title=title, sentences=count, max_words=limit)
