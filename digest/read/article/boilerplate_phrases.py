"""Phrases by which boilerplate is recognised: credits, calls, notices (`read/data/boilerplate.toml`), and bylines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

LONGEST = 420
"""Characters. What is longer is prose, whatever words it begins with."""
SHORT = 220
"""Characters. In a longer block, a phrase in its middle is part of what the post says."""
_DATA: Mapping[str, Any] = tomllib.loads((files("digest.read") / "data" / "boilerplate.toml").read_text("utf-8"))
WHOLE: Mapping[str, str] = _DATA["whole"]
ANYWHERE: Mapping[str, str] = _DATA["anywhere"]
TINY = frozenset(_DATA["lines"]["tiny"])
END = re.compile(_DATA["lines"]["end"], re.IGNORECASE)
TRUNCATED = re.compile(_DATA["lines"]["truncated"], re.IGNORECASE)
GLUED_ALT = re.compile(
    r"^(?:[A-Z][\w’'-]*[ ]){0,5}(?:logo|photo|image|picture|illustration|screenshot|portrait)(?=[A-Z][a-z]*\s)"
)
BYLINE = re.compile(
    r"^(?:(?i:written|posted|published|words|guest post|story|report|reporting|interview|edited|fact[- ]checked|"
    r"(?:medically )?reviewed)\s+)?(?:[Bb]y|BY):? "
    r"(?P<name>[A-Z][\w’'.-]+(?:[ ,&]+(?:and |the |von |van |de |der |la )*[A-Z][\w’'.-]+){0,7})\s*[,|·–-]?\s*"
    r"(?:(?:\d{1,2}\w* )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\.? .*)?$"
)
_THERE = ("subscribe", "sign up", "never miss", "like this", "already a", "cookies")
"""Each phrase of ANYWHERE has one of these words, quicker to look for."""


def compiled(phrases: Mapping[str, str]) -> re.Pattern[str]:
    """One pattern of all the phrases."""
    return re.compile("|".join(phrases.values()) or "(?!)", re.IGNORECASE)


_WHOLE, _ANYWHERE = compiled(WHOLE), compiled(ANYWHERE)


def _says_one(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator takes twice as long, and this is asked of every block
        if word in text:
            return True
    return False


@lru_cache(maxsize=4096)
def is_noise(text: str) -> bool:
    """Whether the whole block is furniture. Remembers, for two extractors ask about the same blocks."""
    if len(text) > LONGEST:
        return False
    folded = text.casefold()
    if len(text) <= SHORT and (
        folded.strip(" .:|…!→»") in TINY or (_says_one(_THERE, folded) and _ANYWHERE.search(text))
    ):
        return True
    return bool(_WHOLE.match(text) or BYLINE.match(text))
