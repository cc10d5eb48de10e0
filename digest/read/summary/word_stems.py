"""Words as the summariser counts them: stems and stop words of the languages that sumy knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from digest.read.summary.word_lists import stop_words

# sumy's names by BCP 47 primary tag. For Dutch it has NLTK's stemmer, for Welsh none, and the stop words of both
# are ours (`word_lists`). Left out although sumy has stop words for them: Chinese, Japanese, Korean and Thai, whose
# words are not parted by spaces and for which sumy wants a tokenizer of another package each; Greek and Polish,
# whose stemmers are other packages, too, and little kept.
LANGUAGES = {
    "ar": "arabic",
    "cs": "czech",
    "cy": "welsh",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "he": "hebrew",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "sk": "slovak",
    "sv": "swedish",
    "uk": "ukrainian",
}

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_IDENTIFIED_BY = 400  # words that are looked at to tell the language
_LEAST_SHARE = 0.12  # of stop words; running text has far more in its own language, and less in others


@dataclass(frozen=True, slots=True)
class LanguageStemmer:
    """Stop words and stemmer of one language."""

    code: str  # BCP 47 primary tag
    stop: frozenset[str]
    stem: Callable[[str], str]  # of a lower-case word

    def stems(self, words: Iterable[str]) -> tuple[str, ...]:
        """The stems of the words that carry meaning."""
        return tuple([self.stem(word) for word in words if word not in self.stop])

    def parts(self, words: Iterable[str]) -> tuple[str, ...]:
        """The stems of all words; what an apostrophe joins is two: "we've" has "we" in it."""
        return tuple([self.stem(part) for word in words for part in word.split("'")])


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, with straight apostrophes."""
    return tuple(_WORD.findall(text.lower().replace("’", "'")))


@lru_cache(maxsize=len(LANGUAGES))
def stemmer_of(code: str) -> LanguageStemmer:
    """The tongue of one of LANGUAGES. Imports sumy, and NLTK through it, on first use (about a second)."""
    from sumy.nlp.stemmers import Stemmer, null_stemmer

    stem: Any = Stemmer(LANGUAGES[code]) if code != "cy" else null_stemmer
    return LanguageStemmer(code, _stop_words(code), lru_cache(maxsize=50_000)(stem))


@lru_cache(maxsize=len(LANGUAGES))
def _stop_words(code: str) -> frozenset[str]:
    from sumy.utils import get_stop_words

    if own := stop_words(code):
        return own
    return frozenset(word.lower() for word in get_stop_words(LANGUAGES[code]))


def language_of(declared: str, words: Iterable[str]) -> str:
    """The declared language's code where it is one of LANGUAGES, else "".

    Where none is declared, the language whose stop words make up most of the text, and at least an eighth or so of it.
    Those of one letter are left out: they are words in too many languages.
    """
    declared = declared.lower().replace("_", "-").partition("-")[0]
    if declared:
        return declared if declared in LANGUAGES else ""
    counts = Counter(word for word, _ in zip(words, range(_IDENTIFIED_BY), strict=False) if len(word) > 1)
    total = sum(counts.values())
    shares = {code: sum(counts[word] for word in _stop_words(code) & counts.keys()) for code in LANGUAGES}
    best = max(shares, key=lambda code: (shares[code], code == "en"))
    return best if total and shares[best] / total >= _LEAST_SHARE else ""
