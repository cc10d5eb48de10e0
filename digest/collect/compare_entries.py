"""Whether two entries of one source are one post, by title, moment and words. Pure.

A post whose address and id have changed is found again by these. Numbers, months and days must agree: "Minutes of 12
May" and "Minutes of 19 May" are two posts, however alike they are otherwise.
"""

from __future__ import annotations

from collections import Counter

from rapidfuzz import fuzz

from digest.collect.numbers import numbers_in
from digest.collect.sketches import TELLING, title_key, words_of

NEAR_TITLE = 85.0
RELATED_TITLE = 60.0
"""For a text that only one post of the source has: its headline was written anew."""
NEAR_TEXT = 95.0
_SAME_WORD = 70.0
"""A misspelt word and its correction are more alike than this; two words of the same kind seldom are."""
_COMPARED = 4_000  # characters


def is_corrected(title: str, other: str) -> bool:
    """Whether one title is the other one with a few letters or words mended."""
    one, two = title_key(title), title_key(other)
    if one == two:
        return bool(one)
    if numbers_in(one) != numbers_in(two) or fuzz.ratio(one, two) < NEAR_TITLE:
        return False
    only_one, only_two = Counter(one.split()) - Counter(two.split()), Counter(two.split()) - Counter(one.split())
    fewer, more = sorted((list(only_one.elements()), list(only_two.elements())), key=len)
    return all(any(fuzz.ratio(word, each) >= _SAME_WORD for each in more) for word in fewer)


def is_related(title: str, other: str) -> bool:
    """Whether two titles may be of one post that got a new headline."""
    one, two = title_key(title), title_key(other)
    return numbers_in(one) == numbers_in(two) and fuzz.token_sort_ratio(one, two) >= RELATED_TITLE


def is_same_text(html: str, other: str) -> bool:
    """Whether two texts, long enough to tell, say the same but for a few words; or one is the other's beginning."""
    shorter, longer = sorted((words_of(html)[:_COMPARED], words_of(other)[:_COMPARED]), key=len)
    if len(shorter) < TELLING:
        return False
    if len(shorter) * 5 < len(longer) * 4:
        longer = longer[: len(shorter)]  # an excerpt
    if not numbers_in(shorter) <= numbers_in(longer):  # a correction may add its date; a series has others
        return False
    return fuzz.ratio(shorter, longer, score_cutoff=NEAR_TEXT) > 0
