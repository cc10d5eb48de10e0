"""Which sentences cannot be understood without the one before them.

The openings are those of `word_lists`; the other words are English, and in another language find nothing.
"""

from __future__ import annotations

import re

from digest.read.summary.word_lists import openers


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


# Each pattern that is searched for begins with the letters it looks for, so that the search skips what cannot match.
_POINTING = re.compile(r"[Tt]h[eo]se\b(?<!\w.....)(?! (?:who|of (?:us|you)))")
_OTHERS = re.compile(r"\b(?:[Ss]everal|[Ss]ome|[Mm]any|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ew) (?:other|more) (?!than\b)\w")
# A pronoun that nothing in its own sentence can stand for.
_OBJECT = re.compile(r"\b(?:it|them|they)\b")
_EASY = _any(
    *["easy", "easier", "hard", "harder", "clear", "clearer", "possible", "impossible", "simple", "simpler", "likely"],
    *["difficult", "useful", "helpful", "important", "a point", "sense", "through", "out", "all", "well"],
)
_MEANS_NOTHING = re.compile(
    r"it(?:['’]s| is| was| has been| will be| would be| can be| may be| takes| took| seems| turns| matters| comes to"
    rf"| (?:also |more |much |even |so |very |too )*{_EASY}\b)"
)
_NOUN = re.compile(
    r"\b(?:the|an?|our|my|your|this|that|these|those|every|each|all|some|any|no|many|most|both|more|other|its|their|his"
    r"|her)(?! (?:of )?(?:it|them|they)\b)\b|\w['’]s\b|[A-Z]\w"
    r"|\w\w(?:ing|ion|ions|ment|ments|ity|ness|ers|ies|ts|ns|ls|es)\b"
)
_SHORT = 11
"""Words. In so short a sentence, a pronoun at its end stands for something outside it."""
_ENDS_IN_PRONOUN = re.compile(r"\b(?:it|them|this|these|those)[.!]$")


def opens_dependent(sentence: str, language: str = "en") -> bool:
    """Whether it opens with a connective, a pronoun ("However, they …") or an answer, and so needs the one before."""
    return openers(language).match(sentence) is not None


def refers_back(sentence: str) -> bool:
    """Speaks of what an earlier sentence named: "those towns", "three other towns", "we asked 120 of them"."""
    return bool(_POINTING.search(sentence) or _others(sentence) or _unnamed(sentence))


def _others(sentence: str) -> bool:
    return (" other " in sentence or " more " in sentence) and bool(_OTHERS.search(sentence))


def _unnamed(sentence: str) -> bool:
    match = _OBJECT.search(sentence)
    if not match:
        return False
    if _ENDS_IN_PRONOUN.search(sentence) and len(sentence.split()) < _SHORT:
        return True
    return not _MEANS_NOTHING.match(sentence, match.start()) and not _NOUN.search(sentence, 1, match.start())
