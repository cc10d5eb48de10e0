"""Which theme a post belongs to, and why, from its words, its source's usual theme and the editor's earlier moves.

Everything that counts is added up in log-odds; the reasons shown are the largest of the very numbers that decided:

    score(theme) = words (model and lexicon) + the settings' terms + the source's theme + what the editor moved before
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from digest.model import ELSEWHERE, Evidence, Placement, Source, Theme
from digest.read import theme_features, theme_model
from digest.read.theme_features import CLASSES, Reading
from digest.read.theme_learning import Memory
from digest.read.theme_model import Model
from digest.read.theme_words import Phrasebook

SOURCE_ADDS = 1.2  # a source's `theme` setting: about as much as a telling title word, so that plain words overrule it
UNTRAINED = -2.5  # where a theme that the model does not know starts, below the best of those that it knows
UNTRAINED_SOURCE_ADDS = 3.0  # of such a theme the source's setting may be all there is
TERM_ADDS = {"title": 3.2, "opening": 2.2, "rest": 1.4}  # a term of the settings: once in the title is enough to win
TERM_FADES = 0.5  # each further mention for the same theme adds this part of the one before: four in the text win
SHOWN_TERMS = 3
WORTH_SHOWING = 0.15  # of the largest contribution


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing that was added to the scores: its wording for people, and how much for each theme."""

    kind: str  # "says", "source", "moved" or "like"
    words: str
    adds: Mapping[str, float]


class Placer:
    """Places posts under the themes of one newsletter. Pure: the same inputs give the same placement."""

    def __init__(
        self, themes: tuple[Theme, ...], evidence: Iterable[Evidence] = (), *, model: Model | None = None
    ) -> None:
        """`evidence`: the editor's moves; those to themes that are no more are passed over. `model`: for measuring."""
        self._model = theme_model.shipped() if model is None else model
        self._keys = (*(theme.key for theme in themes if theme.key != ELSEWHERE), ELSEWHERE)
        terms = [(theme.key, term) for theme in themes for term in theme.terms if theme.key != ELSEWHERE]
        self._term_themes = [key for key, _ in terms]
        self._terms = Phrasebook(term for _, term in terms)
        self._memory = Memory(self._model.rarity)
        for row in evidence:
            if row.theme in self._keys:
                reading = theme_features.read(row.title, row.text)
                missed = _shares(_total(self._keys, self._base(reading)))
                self._memory.learn(row, reading, missed)

    def place(self, *, title: str, text: str, source: Source | None = None) -> Placement:
        """The post's theme, the reasons for people, and every theme's share (they sum to 1), best first.

        `text` is plain. A post that fits no theme goes to ELSEWHERE; so does one that has no words at all, unless its
        source or the editor speaks for a theme.
        """
        reading = theme_features.read(title, text)
        rows = self._base(reading)
        if source is not None and source.theme in self._keys:
            adds = SOURCE_ADDS if source.theme in CLASSES else UNTRAINED_SOURCE_ADDS
            rows.append(Contribution("source", source.theme, {source.theme: adds}))
        if source is not None:
            for theme, count, adds in self._memory.source_adds(source.name):
                rows.append(Contribution("moved", f"{theme}\n{count}", {theme: adds}))
        for found, theme, changes in self._memory.like(reading):
            rows.append(Contribution("like", f"{theme}\n{found}", changes))
        shares = _shares(_total(self._keys, rows))
        best = max(self._keys, key=lambda key: (shares[key], -self._keys.index(key)))
        order = sorted(self._keys, key=lambda key: (key != best, -shares[key], self._keys.index(key)))
        because = self._because(best, shares, rows)
        return Placement(best, because, tuple((key, round(shares[key], 4)) for key in order))

    def _base(self, reading: Reading) -> list[Contribution]:
        """What the post's own words add."""
        weighed = self._model.weigh(reading)
        start = dict.fromkeys(self._keys, max(self._model.scores(weighed)) + UNTRAINED)
        start.update(zip(CLASSES, self._model.bias, strict=True))
        rows = [Contribution("start", "", start)]
        rows += [Contribution("says", row.surface, dict(zip(CLASSES, row.adds, strict=True))) for row in weighed]
        count: dict[str, int] = defaultdict(int)
        for zone, written, words in reading.zones:
            for hit in self._terms.find(list(words)):
                theme = self._term_themes[hit.phrase]
                adds = TERM_ADDS[zone] * TERM_FADES ** count[theme]
                count[theme] += 1
                surface = written[words[hit.first].start : words[hit.last - 1].end]
                rows.append(Contribution("says", surface, {theme: adds}))
        return rows

    def _because(self, best: str, shares: Mapping[str, float], rows: list[Contribution]) -> tuple[str, ...]:
        """The largest contributions to the odds of `best` against the others, the others weighted by their shares."""
        others = {key: share for key, share in shares.items() if key != best}
        whole = sum(others.values()) or 1.0

        def worth(adds: Mapping[str, float]) -> float:
            return adds.get(best, 0.0) - sum(share / whole * adds.get(key, 0.0) for key, share in others.items())

        says: dict[str, float] = defaultdict(float)
        written: dict[str, str] = {}
        reasons: list[tuple[float, str]] = []
        for row in rows:
            value = worth(row.adds)
            if row.kind == "says":
                says[row.words.casefold()] += value
                written.setdefault(row.words.casefold(), row.words)
            elif value > 0 and row.kind != "start" and row.adds.get(best, 0.0) > 0:
                reasons.append((value, self._wording(row)))
        top = _telling(says)
        if top:
            reasons.append(
                (sum(value for value, _ in top), "says " + ", ".join(f"“{written[word]}”" for _, word in top))
            )
        reasons.sort(key=lambda row: (-row[0], row[1]))
        if not reasons:
            return ("nothing in it speaks for a theme",)
        return tuple(words for _, words in reasons[:3])

    def _wording(self, row: Contribution) -> str:
        theme, _, rest = row.words.partition("\n")
        if row.kind == "source":
            return f"source usually {theme}"
        if row.kind == "moved":
            return f"you moved {rest} of its source’s posts to {theme}"
        return f"like “{rest}”, which you moved to {theme}"


def _telling(says: Mapping[str, float]) -> list[tuple[float, str]]:
    """The few phrases that add most, (worth, phrase); a word within a phrase already chosen is not said twice."""
    chosen: list[tuple[float, str]] = []
    for phrase, value in sorted(says.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(chosen) == SHOWN_TERMS or value <= 0 or (chosen and value < WORTH_SHOWING * chosen[0][0]):
            break
        words = set(phrase.split())
        if not any(words <= set(other.split()) or words >= set(other.split()) for _, other in chosen):
            chosen.append((value, phrase))
    return chosen


def _total(keys: tuple[str, ...], rows: list[Contribution]) -> dict[str, float]:
    """The scores by theme. A built-in theme that the newsletter does not have still draws posts away: to elsewhere."""
    every = dict.fromkeys((*keys, *CLASSES), 0.0)
    for row in rows:
        for key, adds in row.adds.items():
            every[key] += adds
    hidden = [every[key] for key in CLASSES if key not in keys]
    if hidden:
        every[ELSEWHERE] = max(every[ELSEWHERE], *hidden)
    return {key: every[key] for key in keys}


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    highest = max(scores.values())
    raw = {key: math.exp(score - highest) for key, score in scores.items()}
    whole = sum(raw.values())
    return {key: value / whole for key, value in raw.items()}
