"""Language tags (BCP 47), as far as Babel's copy of the CLDR knows them. Pure."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_SCRIPT = 4  # letters of a script's subtag: "Hant"


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a tag; British English where Babel knows none, and for "en": a Welsh newsletter's English pages."""
    locale = _parsed(language)
    return Locale("en", "GB") if locale is None or locale == Locale("en") else locale


def known_language(tag: str) -> str:
    """The primary subtag of a tag, such as "en"; "" where there is no such language."""
    primary = tag.replace("_", "-").split("-")[0].strip().lower()
    return primary if primary in Locale("en").languages else ""


@lru_cache(maxsize=1024)
def canonical(tag: str) -> str:
    """One spelling for each language: "cy-gb" and "cy_GB" are "cy", but "de-AT" is not "de".

    The region is left out where the language implies it (CLDR's likely subtags). "" for a tag without a locale in
    Babel.
    """
    locale = _parsed(tag)
    if locale is None:
        return ""
    _, script, region = get_global("likely_subtags").get(locale.language, "__").split("_")
    if (locale.script or script, locale.territory or region) == (script, region):
        return str(locale.language)
    return "-".join(filter(None, (locale.language, locale.script, locale.territory)))


def lookup(tag: str) -> list[str]:
    """Tags to try for a canonical tag, the closest first: "de-AT", "de".

    These are the CLDR's parents: Mexican Spanish falls back to Latin American Spanish before Spain's, and Chinese in
    one script never to Chinese in the other.
    """
    parents, likely = get_global("parent_exceptions"), get_global("likely_subtags")
    tags, place = [], tag.replace("-", "_")
    while place and place != "root":
        tags.append(place.replace("_", "-"))
        shorter, _, last = place.rpartition("_")
        other_script = len(last) == _SCRIPT and last not in likely.get(shorter, last)
        place = parents.get(place) or ("" if other_script else shorter)
    return tags


def name_of(tag: str, language: str = "en") -> str:
    """The language's name, in English for editors: "Welsh"; the tag itself where there is none."""
    locale = _parsed(tag)
    return (locale.get_display_name(locale_of(language)) if locale else None) or tag


def own_name_of(tag: str) -> str:
    """The language's name in itself, for its readers: "Cymraeg", with a capital as in a list."""
    name = name_of(tag, tag)
    return name[:1].upper() + name[1:]


def _parsed(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.strip().replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def direction(language: str) -> str:
    """`"rtl"` or `"ltr"`: the writing direction of a BCP 47 tag."""
    parts = language.replace("_", "-").lower().split("-")
    return "rtl" if parts[0] in _RIGHT_TO_LEFT or {"arab", "hebr"} & set(parts[1:]) else "ltr"
