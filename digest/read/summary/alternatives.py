"""Other extracts of a post that an editor may take in place of its summary, each with a reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.model import Article, Sentence
from digest.read.summary.sentence_features import FEATURES, SummaryInput
from digest.read.summary.summarise import summarise, weighed_extracts

_TIMES = 2  # that a sentence is shown, the present summary included
_NAMED = 0.5  # of the title's stems, the rarer ones counting more
_SOME = 0.3  # of three deeds: one
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Alternative:
    sentences: tuple[Sentence, ...]  # verbatim, in document order
    reason: str  # for an editor: "says what was done, and by whom; has a figure"


def alternatives(
    article: Article,
    n: int,
    *,
    title: str = "",
    sentences: int = 3,
    max_words: int = 90,
    present: Sequence[Sentence] | None = None,
    repeats: frozenset[int] = frozenset(),
) -> tuple[Alternative, ...]:
    """The next best different extracts, at most `n`.

    `present` is what is shown now: by default our own summary. `repeats` are sentences that the source repeats.
    """
    if present is None:
        present = summarise(article, title=title, sentences=sentences, max_words=max_words, repeats=repeats).sentences
    weighed = weighed_extracts(article, title=title, sentences=sentences, max_words=max_words, repeats=repeats)
    if not weighed:
        return ()
    summary_input, extracts = weighed
    places = {sentence: i for i, sentence in enumerate(summary_input.sentences)}
    now = tuple(places[sentence] for sentence in present if sentence in places)
    result: list[Alternative] = []
    for indexes in _different(extracts, now):
        if len(result) >= n:
            break
        if sum(summary_input.words[i] for i in indexes) <= max_words and len(indexes) <= sentences:
            chosen = tuple(summary_input.sentences[i] for i in indexes)
            result.append(Alternative(chosen, "; ".join(_reasons(summary_input, indexes, now))))
    return tuple(result)


def _different(extracts: Sequence[tuple[int, ...]], now: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Those of sentences that stand together, none with a sentence that comes once more than it may.

    So one good sentence is not in all of them.
    """
    times, offered = Counter(now), {now}
    for indexes in extracts:
        together = indexes[-1] - indexes[0] < len(indexes)
        if together and indexes not in offered and all(times[i] < _TIMES for i in indexes):
            times.update(indexes)
            offered.add(indexes)
            yield indexes


def _reasons(summary_input: SummaryInput, indexes: tuple[int, ...], now: tuple[int, ...]) -> Iterator[str]:
    """Up to two, what the editor sees at once first."""
    new = [i for i in indexes if i not in now]
    if not new:
        yield "is shorter"
        return
    if len(new) < len(indexes):
        yield "adds the sentence that follows" if new[0] > indexes[0] else "begins a sentence earlier"
    elif len(indexes) > 1:
        yield "sentences that belong together"
    reasons = list(_points(summary_input, new)) or ["next best by what editors print"]
    yield from reasons[: 1 if len(indexes) > 1 else 2]


def _points(summary_input: SummaryInput, indexes: Sequence[int]) -> Iterator[str]:
    def has(name: str, least: float = 0.5) -> bool:
        return bool(summary_input.rows[list(indexes), FEATURES.index(name)].max() >= least)

    if has("past-actor"):
        yield "says what was done, and by whom"
    elif has("past", _SOME):
        yield "says what was done"
    if any(_FIGURE.search(summary_input.sentences[i].text) for i in indexes):
        yield "has a figure"
    if has("title-rare", _NAMED):
        yield "names what the title names"
    if has("first"):
        yield "opens the post"
    elif has("last"):
        yield "closes the post"
