"""Which sentences cannot be understood without the one before them.

The words are English; in another language they find nothing.
"""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


_CONNECTIVE = _any(
    "however|but|and|so|or|nor|then|also|yet|still|instead|therefore|thus|hence|moreover|furthermore",
    "additionally|besides|meanwhile|nevertheless|nonetheless|otherwise|likewise|similarly|consequently",
    "accordingly|indeed|finally|lastly|second|secondly|third|thirdly|fourth|next|later|again|plus",
    "afterwards|unfortunately|luckily|fortunately|alternatively",
    "in (?:addition|other words|fact|contrast|turn|short)",
    "as (?:a result|such|well)",
    "for (?:example|instance|this reason|that reason)",
    "(?:having said that|that said|of course|either way)",
    "on the (?:other hand|contrary)",
    "(?:after|before|until|by|since|because of|to|in|on) (?:that|this|these|those|then)(?! (?:blog|post|article))",
    "even (?:so|then|better)",
)
_ITSELF = _any(
    "blog|post|article|piece|series|paper|guide|report|page|interview|case",
    "week|month|year|spring|summer|autumn|fall|winter|morning|afternoon",
)
_PRONOUN = _any(
    "they|he|she|it|its|their|his|her|theirs|hers|them|him|both|such|each|others?|another|which",
    "(?:some|one|none|all|most|many) of (?:them|these|those|this|which)",
    "the (?:former|latter|other)",
    rf"(?:this|that|these|those)(?! {_ITSELF}\b)",
)
_ONE_MORE = "(?:the|an?|one) (?:second|third|final|last|more|other|further)"
_ANSWER = "(?:no|yes|well|sure|true|ok|okay|good question|not (?:quite|really|yet)|why not|absolutely)[,.!]"
_OPENING = re.compile(
    rf"[\"“‘'(]*(?:(?:{_CONNECTIVE}|{_ONE_MORE}|{_PRONOUN}(?:['’](?:s|re|ve|ll|d))?)\b|{_ANSWER})", re.IGNORECASE
)
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


def opens_dependent(sentence: str) -> bool:
    """Whether it opens with a connective, a pronoun ("However, they …") or an answer, and so needs the one before."""
    return _OPENING.match(sentence) is not None


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
