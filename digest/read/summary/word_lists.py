"""Words by which a sentence shows that it should not stand alone, or not at all, language by language.

`read/data/openings/TAG.toml` has them; a language without a file has none. What English pages say stands on pages in
other languages, too, so its boilerplate belongs to all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

_BEFORE = "[\"“”„‟«»‹›‘’'(\\[¿¡–—\\s-]*"
"""What may stand before a sentence's first word."""
_NOTHING = re.compile("(?!)")
_HANDLE = re.compile(r"(?<![^\s(])@\w|\w@\w+\.\w")
"""A name on a network or an address, in any language."""


@cache
def languages() -> tuple[str, ...]:
    """The BCP 47 primary tags that have lists."""
    names = (path.name for path in resources.files("digest.read").joinpath("data/openings").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def openers(language: str) -> re.Pattern[str]:
    """Matches (`match`) a sentence that begins on a connective, a pronoun or an answer, and needs the one before it."""
    return _at_start(_lines(language, "openers"))


@cache
def signposts(language: str) -> re.Pattern[str]:
    """Matches (`match`) a sentence that speaks of the post or to its reader, not of the matter: "Read on", "Below"."""
    return _at_start(_lines(language, "signposts"))


@cache
def unfit(language: str) -> re.Pattern[str]:
    """Finds (`search`) in a sentence what no summary should have: "this post", "I will explain"."""
    lines = _lines(language, "unfit")
    return re.compile(rf"(?<!\w)(?:{'|'.join(lines)})(?!\w)", re.IGNORECASE) if lines else _NOTHING


@cache
def verbs(language: str) -> frozenset[str]:
    """Words that tell a finished statement from a caption; none where we have no list."""
    return frozenset(str(_table(language).get("verbs", "")).split()) | past_tenses(language)


@cache
def past_tenses(language: str) -> frozenset[str]:
    """Irregular past tenses; none where we have no list."""
    return frozenset(str(_table(language).get("past", "")).split())


def boilerplate(sentences: Sequence[str], language: str) -> list[bool]:
    """For each sentence whether it belongs to the page and to no post: a call, a credit, a caption, a notice."""
    lower = [sentence.lower().replace("’", "'") for sentence in sentences]
    whole_text = "\n".join(lower)
    # Plain phrases are looked for in the whole text at once: many times faster than one pattern for each sentence.
    present = [(phrase, pattern) for phrase, pattern in _phrases(language) if phrase in whole_text]
    return [any(phrase in line and pattern.search(line) for phrase, pattern in present) for line in lower]


@cache
def stop_words(language: str) -> frozenset[str]:
    """Words that carry no meaning, where sumy has no list of them; none elsewhere."""
    return frozenset(str(_table(language).get("stop", "")).split())


def _at_start(lines: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"{_BEFORE}(?:{'|'.join(lines)})(?!\w)", re.IGNORECASE) if lines else _NOTHING


def _lines(language: str, name: str) -> list[str]:
    return [line.replace("'", "['’]") for line in _table(language).get(name, ())]


@cache
def _phrases(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The boilerplate of a language and of English: what to look for, and how it has to stand."""
    patterns = {"@": _HANDLE}
    for table in (_table("en"), _table(language)):
        for phrase in table.get("boilerplate", ()):
            patterns[phrase] = _bounded(re.escape(phrase))
        credited = "|".join((":", "©", *(rf"{word}\b" for word in table.get("credited", ()))))
        for picture in table.get("pictures", ()):
            patterns[picture] = re.compile(rf"(?<!\w){re.escape(picture)}(?: \d+)? ?(?:{credited})")
    return tuple(patterns.items())


def _bounded(pattern: str) -> re.Pattern[str]:
    """The pattern between borders of words, or at signs."""
    return re.compile(rf"(?:(?<!\w)|(?=\W)){pattern}(?:(?!\w)|(?<=\W))")


@cache
def _table(language: str) -> Mapping[str, Any]:
    if language not in languages():
        return {}
    text = resources.files("digest.read").joinpath(f"data/openings/{language}.toml").read_text("utf-8")
    return tomllib.loads(text)
