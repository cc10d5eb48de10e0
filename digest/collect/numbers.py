"""What tells the posts of a series apart: numbers, months and days. Pure."""

from __future__ import annotations

import re
from collections import Counter

_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
        january february march april may june july august september october november december
        jan feb mar apr jun jul aug sep sept oct nov dec spring summer autumn winter
        monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
        ionawr chwefror mawrth ebrill mai mehefin gorffennaf awst medi hydref tachwedd rhagfyr
        one two three four five six seven eight nine ten eleven twelve first second third fourth fifth
        i ii iii iv v vi vii viii ix x xi xii
        """,
    )
)
"""What counts as a number."""


def numbers_in(words: str) -> Counter[str]:
    """Return the numbers among words in lower case with single spaces, and how often each stands there."""
    return Counter(filter(_is_number, words.split()))


def differ_in_numbers(one: str, other: str) -> bool:
    """Whether two titles, as words in lower case with single spaces, say the same but for their numbers."""
    if numbers_in(one) == numbers_in(other):
        return False
    rest = _without(one)
    # A name of a number that stands alone is a name: "May", "One".
    return rest == _without(other) and (bool(rest) or any(map(str.isdigit, one + other)))


def _without(words: str) -> list[str]:
    return [word for word in words.split() if not _is_number(word)]


def _is_number(word: str) -> bool:
    return word in _NAMES or any(map(str.isdigit, word))
