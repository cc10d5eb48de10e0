"""Summarising, per document, side by side with sumy's own LexRank: both from an article, with our splitter, in one run.

The posts are made up from a seed, as long as blogs are; a 50,000-word one shows that the time is bounded.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.results import Row, spread
from digest.model import Article, Block, BlockKind, Summary
from digest.read.summary.split_sentences import split_article
from digest.read.summary.summarise import summarise
from digest.read.summary.word_stems import stemmer_of, words_of

_POSTS = 20
_SENTENCES = (20, 80)  # fewest and most of a post
_LONG_WORDS, _LONGEST_WORDS = 10_000, 50_000
_SYLLABLES = ("ba", "co", "di", "fe", "gu", "la", "mi", "no", "pe", "ra", "si", "to", "vu", "ler", "nal", "tion", "ing")


def rows() -> list[Row]:
    posts = _posts(_POSTS)
    from sumy.nlp.stemmers import Stemmer
    from sumy.summarizers.lex_rank import LexRankSummarizer

    peer = LexRankSummarizer(Stemmer("english"))
    peer.stop_words = stemmer_of("en").stop

    def peer_only(post: tuple[Article, str]) -> object:
        return peer(_document(post[0]), 3)

    def with_digest(post: tuple[Article, str]) -> Summary:
        return summarise(post[0], title=post[1])

    with_digest(posts[0])  # both sides have imported all they need before the clock starts
    peer_only(posts[0])
    peer_time = min(_milliseconds(peer_only, posts))
    long, longest = _posts(1, _LONG_WORDS), _posts(1, _LONGEST_WORDS)
    long_digest, long_peer = _milliseconds(with_digest, long), min(_milliseconds(peer_only, long, rounds=1))
    in_step = min(long_digest) * _LONGEST_WORDS / _LONG_WORDS

    def row(what: str, rounds: list[float], peer: float, name: str) -> Row:
        return Row(what, min(rounds), peer, name, peer / min(rounds), "ms", spread(rounds))

    return [
        row("a summary", _milliseconds(with_digest, posts), peer_time, "sumy LexRank"),
        row(f"a summary of {_LONG_WORDS:,} words", long_digest, long_peer, "sumy LexRank"),
        row(
            f"a summary of {_LONGEST_WORDS:,} words",
            _milliseconds(with_digest, longest),
            in_step,
            "growing in step with the words",
        ),
    ]


def _milliseconds(work: Callable[[Any], object], over: Sequence[Any], rounds: int = 3) -> list[float]:
    """The mean processor time an item in each round. The best counts: other work counts for neither side."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for item in over:
            work(item)
        times.append((time.process_time() - started) / len(over) * 1000)
    return times


def _posts(count: int, words: int = 0) -> list[tuple[Article, str]]:
    """Made-up posts with titles; of `words` words where it is given."""
    chance = random.Random(12)
    vocabulary = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(1500)]
    weights = [1 / (place + 5) for place in range(len(vocabulary))]
    posts = []
    for _ in range(count):
        lengths = [chance.randint(8, 35) for _ in range(chance.randint(*_SENTENCES))]
        while words and sum(lengths) < words:
            lengths.append(chance.randint(8, 35))
        lines = [" ".join(chance.choices(vocabulary, weights, k=length)).capitalize() + "." for length in lengths]
        blocks = tuple(
            Block(BlockKind.PARAGRAPH, " ".join(lines[start : start + 4])) for start in range(0, len(lines), 4)
        )
        posts.append((Article(blocks, "en"), " ".join(chance.choices(vocabulary, weights, k=8))))
    return posts


class _Words:
    """sumy's own Tokenizer needs downloaded data of NLTK; this one passes our words."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return words_of(text)


def _document(article: Article) -> Any:
    from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence

    words = _Words()
    return ObjectDocumentModel([Paragraph([Sentence(sentence.text, words) for sentence in split_article(article)])])
