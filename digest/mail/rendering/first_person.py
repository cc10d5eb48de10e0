"""Whether a summary says "I" or "we": readers then ask who speaks. Pure."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"]*\"|(?<!\w)‘[^’]*’(?!\w)")

_WORDS = {
    "en": r"I(?=['’](?:m|ve|d|ll)\b|\s+(?!of\b|and\b|or\b|in\b|to\b)[a-z])|[Ww]e|[Oo]ur|ours|[Mm]y",
    "cy": r"rydym|rydyn|roeddem|roedden ni|rwyf|rwy|dwi|hoffem|ein|fy",
    "de": r"ich|wir|uns|unser(?:e[mnrs]?)?|mein(?:e[mnrs]?)?",
    "fr": r"je|j(?=['’]\w)|nous|notre|nos|mon|mes",
    "es": r"yo|nosotros|nosotras|nuestr[oa]s?",
    "nl": r"ik|wij|we|ons|onze|mijn",
    "ar": r"نحن|أنا",
}
_SPEAKS = {
    language: re.compile(rf"(?<![\w.&/-])(?:{words})(?!\w)", re.IGNORECASE if language != "en" else 0)
    for language, words in _WORDS.items()
}


def first_person(text: str, language: str) -> bool:
    """Whether `text`, in the language of that primary subtag, speaks of its author; what it quotes does not count.

    False for a language without a list.
    """
    speaks = _SPEAKS.get(language)
    return bool(speaks and speaks.search(_QUOTED.sub(" ", text)))
