"""Why a post was placed where it was, for people: the largest contributions to the odds of its theme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from digest.model import ELSEWHERE
from digest.read.themes.features import CLASSES
from digest.read.themes.linear_model import WeighedPhrase
from digest.read.themes.tokens import tokens

SHOWN_REASONS = 3
SHOWN_TERMS = 3
WORTH_SHOWING = 0.25  # of the largest contribution of its kind
LEAST_WORTH = 0.25  # in log-odds; what adds less decides nothing
TITLE_CHARACTERS = 60
LIKE_ITS_SOURCE = "like other posts of this source"
NOT_SURE = "not sure"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing, beside the model's words, that was added to the scores of themes."""

    kind: Literal["says", "source", "moved", "like", "peers"]
    adds: Mapping[str, float]  # by theme, in log-odds
    words: str = ""  # the term as the post writes it; the source's name; how many posts; the title of the moved post
    theme: str = ""  # that it speaks for; "" where it speaks for several


def odds(best: str, shares: Mapping[str, float], stand_in: str) -> dict[str, float]:
    """How the log-odds of `best` change with each score: 1 for its own, less the others' by their shares."""
    whole = sum(share for key, share in shares.items() if key != best) or 1.0
    effects = {key: 1.0 if key == best else -share / whole for key, share in shares.items()}
    if stand_in != ELSEWHERE:
        effects[stand_in] = effects.pop(ELSEWHERE)
    return effects


def explain(
    best: str,
    counts: Mapping[str, float],
    phrases: Sequence[WeighedPhrase],
    rows: Sequence[Contribution],
    stand_in: str,
) -> tuple[str, ...]:
    """The reasons, the weightiest first. `counts` is `odds(…)`; only what spoke for `best` is a reason."""
    by_phrase: dict[str, float] = defaultdict(float)
    written: dict[str, str] = {}
    reasons: list[tuple[float, str]] = []
    by_class = [counts.get(key, 0.0) for key in CLASSES]
    speaker = stand_in if best == ELSEWHERE else best
    source = 0.0
    for word in phrases:
        is_reason = bool(word.surface) and speaker in word.speaks_for
        if not is_reason and not word.of_source:
            continue
        worth = sum(count * adds for count, adds in zip(by_class, word.adds, strict=True))
        if word.of_source:
            source += worth
        else:
            by_phrase[word.surface.casefold()] += worth
            written.setdefault(word.surface.casefold(), word.surface)
    kinds: dict[str, tuple[float, str]] = {}
    for row in rows:
        worth = sum(counts.get(key, 0.0) * adds for key, adds in row.adds.items())
        if row.kind == "says":
            by_phrase[row.words.casefold()] += worth
            written.setdefault(row.words.casefold(), row.words)
        elif row.theme in {best, ""} and worth > kinds.get(row.kind, (0.0, ""))[0]:
            kinds[row.kind] = (worth, _wording(row))
    top = _top_phrases(by_phrase)
    by_words = sum(worth for worth, _ in top)
    reasons += [(worth, words) for worth, words in kinds.values() if words != LIKE_ITS_SOURCE or worth > by_words]
    if top:
        named = "says " + ", ".join(f"“{written[phrase]}”" for _, phrase in top)
        if best == ELSEWHERE and stand_in != ELSEWHERE:
            named += f", which points to {stand_in}, not one of your themes"
        reasons.append((by_words, named))
    reasons.sort(key=lambda row: (-row[0], row[1]))
    return tuple(words for _, words in reasons[:SHOWN_REASONS]) or (LIKE_ITS_SOURCE if source > 0 else NOT_SURE,)


def _top_phrases(by_phrase: Mapping[str, float]) -> list[tuple[float, str]]:
    """The few phrases that add most, (worth, phrase); a word within a phrase already chosen is not repeated."""
    chosen: list[tuple[float, str]] = []
    for phrase, worth in sorted(by_phrase.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(chosen) == SHOWN_TERMS or worth < LEAST_WORTH or (chosen and worth < WORTH_SHOWING * chosen[0][0]):
            break
        words = _stems(phrase)
        if not any(words <= _stems(other) or words >= _stems(other) for _, other in chosen):
            chosen.append((worth, phrase))
    return chosen


def _stems(phrase: str) -> set[str]:
    return {token.stem for token in tokens(phrase)}


def _wording(row: Contribution) -> str:
    if row.kind == "peers":
        return LIKE_ITS_SOURCE
    if row.kind == "source":
        return f"source usually {row.theme}"
    if row.kind == "moved":
        posts = "one post" if row.words == "1" else f"{row.words} posts"
        return f"you moved {posts} from this source to {row.theme}"
    title = row.words if len(row.words) <= TITLE_CHARACTERS else row.words[: TITLE_CHARACTERS - 1].rstrip() + "…"
    return f"like “{title}”, which you moved to {row.theme}"
