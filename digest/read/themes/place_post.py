"""Which theme a post belongs to, and why: its words, its source's name and usual theme, and the editor's earlier moves.

Everything that counts is added up in log-odds; the reasons shown are the largest of the very numbers that decided:

    score(theme) = the model's words + the settings' terms + the source's theme + what the editor moved before
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from digest.model import ELSEWHERE, Evidence, Placement, Source, Theme
from digest.read.themes import features, linear_model, source_leaning
from digest.read.themes.editor_moves import EditorMoves, MovedPost, SimilarMove, SourceMoves
from digest.read.themes.features import CLASSES, ThemeInput
from digest.read.themes.linear_model import Model, WeighedPhrase
from digest.read.themes.reasons import NOT_SURE, SHOWN_REASONS, Contribution, explain, odds
from digest.read.themes.source_leaning import CHARACTERS, Leaning, Shares
from digest.read.themes.tokens import Phrasebook, surface

SOURCE_ADDS = 3.0  # a source's `theme` setting, which makes up for a rare theme, too; plain words can overrule it
NO_WORDS = 0.5  # elsewhere is ahead by this where no word of the post is known; its source may settle it
SURE = 0.5  # a theme with a smaller share is more likely wrong than right
CLOSE = 1.5  # a theme whose share is less than this much of the next one's is shown as one of two
UNTRAINED = -0.9  # where a theme starts that the model does not know or the settings name a term of, below the best
USUAL_UNTRAINED = 0.15  # how often such a theme is taken to stand anywhere
UNTRAINED_SOURCE_ADDS = 3.0  # of such a theme the source's setting may be all there is
TERM_ADDS = {"title": 3.0, "opening": 1.9, "rest": 0.8}  # a term of the settings: one mention in the title decides
TERM_FADES = 0.5  # each further mention for the same theme adds this part of the one before


@dataclass(frozen=True, slots=True)
class _WordScores:
    """What a post's words and its source's earlier posts say: the score of each class and theme, and what made it."""

    scores: dict[str, float]
    weighed: list[WeighedPhrase]
    rows: list[Contribution]  # what else is in the scores


class Placer:
    """Places posts under the themes of one newsletter. Pure: the same inputs give the same placement."""

    def __init__(
        self, themes: tuple[Theme, ...], evidence: Iterable[Evidence] = (), *, model: Model | None = None
    ) -> None:
        """`evidence`: the editor's moves; those to themes that are no more are passed over. `model`: for measuring."""
        self._model = linear_model.shipped() if model is None else model
        self._keys = (*(theme.key for theme in themes if theme.key != ELSEWHERE), ELSEWHERE)
        self._titles = {theme.key: theme.title for theme in themes} | {ELSEWHERE: "Elsewhere"}
        self._hidden = tuple(key for key in CLASSES if key not in self._keys)
        self._known = (*CLASSES, *(key for key in self._keys if key not in CLASSES))
        self._usual = (*self._model.usual, *(USUAL_UNTRAINED for _ in self._known[len(CLASSES) :]))
        terms = [(theme.key, term) for theme in themes for term in theme.terms if theme.key != ELSEWHERE]
        self._term_themes = [key for key, _ in terms]
        self._terms = Phrasebook(term for _, term in terms)
        self._editor_moves = EditorMoves(self._model.words)
        for row in evidence:
            if row.theme in self._keys:
                self._editor_moves.learn(row, *self.learn_from(row.title, row.text, row.source))

    def shares_by_words(self, title: str, text: str, source: str) -> Shares:
        """The shares of an earlier post of a source, by its words and nothing that was learnt, for `lean`."""
        theme_input = features.build_theme_input(title, text[:CHARACTERS], source)
        scores = self._score_words(theme_input).scores
        highest = max(scores.values())
        raw = [math.exp(scores[key] - highest) for key in self._known]
        whole = sum(raw)
        return tuple(value / whole for value in raw)

    def lean(self, earlier: Sequence[Shares]) -> Leaning:
        """What a source's earlier posts say of its next one."""
        return source_leaning.leaning(earlier, self._usual)

    def lessons(self) -> list[tuple[tuple[str, ...], str]]:
        """Of each move to a theme that there is: the words by which posts are like it, and the theme that loses."""
        return self._editor_moves.lessons()

    def place(self, *, title: str, text: str, source: Source | None = None, leaning: Leaning = ()) -> Placement:
        """The post's theme, the reasons for people, and every theme's share (they sum to 1), best first.

        `text` is plain; `leaning` is what the source's earlier posts say. A post that fits no theme goes to ELSEWHERE;
        so does one in which no word is known, unless its source or the editor speaks for a theme.
        """
        theme_input = features.build_theme_input(title, text, source.name if source else "")
        similar: Iterable[SimilarMove] = ()
        if self._editor_moves:
            similar = self._editor_moves.similar_moves(self._editor_moves.weights_of(theme_input))
        return self._place(theme_input, source, self._moves_of(source), similar, leaning)

    def has(self, theme: str) -> bool:
        return theme in self._keys

    def learn_from(self, title: str, text: str, source: str) -> tuple[MovedPost, dict[str, float]]:
        """What a move of this post teaches: its words, and each theme's share without anything learnt."""
        theme_input = features.build_theme_input(title, text, source)
        shares, _ = self._shares(self._score_words(theme_input).scores)
        return self._editor_moves.moved_post(theme_input), shares

    def place_by(
        self,
        *,
        title: str,
        text: str,
        source: Source | None,
        moves_of_source: Iterable[SourceMoves],
        similar: Iterable[SimilarMove],
        leaning: Leaning = (),
    ) -> Placement:
        """Place a post by the editor's moves that bear on it, where these are known already."""
        theme_input = features.build_theme_input(title, text, source.name if source else "")
        return self._place(theme_input, source, moves_of_source, similar, leaning)

    def _moves_of(self, source: Source | None) -> Iterator[SourceMoves]:
        return self._editor_moves.source_adds(source.name) if source is not None else iter(())

    def _place(
        self,
        theme_input: ThemeInput,
        source: Source | None,
        moves_of_source: Iterable[SourceMoves],
        similar: Iterable[SimilarMove],
        leaning: Leaning,
    ) -> Placement:
        word_scores = self._score_words(theme_input, leaning)
        learnt = self._from_source(source, moves_of_source)
        learnt += [Contribution("like", move.adds, move.title, move.theme) for move in similar]
        scores = word_scores.scores
        for row in learnt:
            for key, adds in row.adds.items():
                scores[key] += adds
        rows = word_scores.rows + learnt
        shares, stand_in = self._shares(scores)
        order = sorted(self._keys, key=lambda key: (-shares[key], self._keys.index(key)))
        because = explain(order[0], odds(order[0], shares, stand_in), word_scores.weighed, rows, stand_in)
        speaks = because != (NOT_SURE,)
        is_close = speaks and len(order) > 1 and shares[order[0]] < CLOSE * shares[order[1]]
        between = tuple(order[:2]) if is_close else ()
        sure = speaks and not is_close and shares[order[0]] >= SURE
        if is_close:
            because = (f"between {self._titles[order[0]]} and {self._titles[order[1]]}", *because)
        elif speaks and not sure:
            because = (NOT_SURE, *because)
        rounded = tuple((key, round(shares[key], 4)) for key in order)
        return Placement(order[0], because[:SHOWN_REASONS], rounded, between, sure)

    def _score_words(self, theme_input: ThemeInput, leaning: Leaning = ()) -> _WordScores:
        weighed = self._model.weigh(theme_input)
        classes = dict(zip(CLASSES, self._model.scores(weighed), strict=True))
        if all(phrase.of_source for phrase in weighed):
            for key, bias in zip(CLASSES, self._model.bias, strict=True):
                classes[key] += (NO_WORDS if key == ELSEWHERE else 0.0) - bias
        leans = dict(zip(self._known, leaning, strict=True)) if leaning else {}
        classes = {key: score + leans.get(key, 0.0) for key, score in classes.items()}
        terms = self._mentions(theme_input)
        least = max(classes.values()) + UNTRAINED
        mentioned = {row.theme for row in terms}
        scores = classes | {
            key: max(least, classes[key]) if key in classes else least + leans.get(key, 0.0)
            for key in self._keys
            if key not in classes or key in mentioned
        }
        for row in terms:
            for key, adds in row.adds.items():
                scores[key] += adds
        peers = [Contribution("peers", leans)] if leans else []
        return _WordScores(scores, weighed, terms + peers)

    def _mentions(self, theme_input: ThemeInput) -> list[Contribution]:
        """The settings' terms in the post."""
        count: dict[str, int] = defaultdict(int)
        rows = []
        for zone, written, words in theme_input.zones:
            for hit in self._terms.find(written, words):
                theme = self._term_themes[hit.phrase]
                adds = TERM_ADDS[zone] * TERM_FADES ** count[theme]
                count[theme] += 1
                rows.append(Contribution("says", {theme: adds}, surface(written, words, hit), theme))
        return rows

    def _from_source(self, source: Source | None, moves: Iterable[SourceMoves]) -> list[Contribution]:
        """What the source's setting adds, and the editor's moves of its posts."""
        rows = []
        if source is not None and source.theme in self._keys:
            adds = UNTRAINED_SOURCE_ADDS
            if source.theme in CLASSES:
                bias = self._model.bias
                adds = SOURCE_ADDS + max(bias[:-1]) - bias[CLASSES.index(source.theme)]
            rows.append(Contribution("source", _towards(source.theme, adds), source.name, source.theme))
        rows += [Contribution("moved", _towards(theme, adds), str(count), theme) for theme, count, adds in moves]
        return rows

    def _shares(self, scores: Mapping[str, float]) -> tuple[dict[str, float], str]:
        """Each theme's share, and the class that stands in for elsewhere.

        A built-in theme that the newsletter does not have still draws its posts away from the others: to elsewhere.
        """
        stand_in = max((ELSEWHERE, *self._hidden), key=lambda key: scores[key])
        by_theme = {key: scores[stand_in if key == ELSEWHERE else key] for key in self._keys}
        highest = max(by_theme.values())
        certainty = self._model.certainty
        raw = {key: math.exp(certainty * (score - highest)) for key, score in by_theme.items()}
        whole = sum(raw.values())
        return {key: value / whole for key, value in raw.items()}, stand_in


def _towards(theme: str, adds: float) -> dict[str, float]:
    """What speaks for a theme of the newsletter speaks as much against elsewhere, where posts go that say little."""
    return {ELSEWHERE: -adds, theme: adds}
