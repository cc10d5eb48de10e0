"""The words that a mail or a page says of its own, in the languages of its subscribers. Posts and the editor's words
stay verbatim.

A language is a file, `words/TAG.toml` in a templates folder: phrases by key, with `{places}` to fill in, and for what
is counted one phrase for each plural category that the language has (CLDR's, as Babel knows them). The operator's
files are looked into first, the packaged ones second, phrase by phrase. A phrase that a language lacks is said in
English, and marked as English.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import babel
from babel.numbers import format_decimal
from markupsafe import Markup

from digest.errors import TemplateError
from digest.escape import clean, escape
from digest.words.language_tags import canonical, direction, locale_of, lookup

ENGLISH = "en"
FOLDER = "words"
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})

_PLACE = re.compile(r"\{([a-z_]+)\}")
_THEMES = "themes"

Phrases = Mapping[str, Mapping[str, str]]
"""By key: the phrase by plural category. One that counts nothing is under "other" alone."""


@dataclass(frozen=True, slots=True)
class Translations:
    """The words of one language."""

    language: str  # as `lang` says it
    phrases: Phrases
    themes: Mapping[str, str] = field(default_factory=dict)  # titles of themes, by those in the settings
    english: Translations | None = None  # what is said where a phrase is missing; None in English itself

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def missing(self) -> tuple[str, ...]:
        """The keys of what is said in English instead."""
        return tuple(key for key in self.english.phrases if key not in self.phrases) if self.english else ()

    def text(self, key: str, **values: object) -> str:
        """A phrase as plain text. `count` chooses the plural form. Raises LookupError when key or value is unknown."""
        spoken, phrase = self._phrase(key, values)
        return _PLACE.sub(lambda place: spoken._shown(key, place[1], values), phrase)

    def html(self, key: str, **values: object) -> Markup:
        """The same, escaped for MJML and HTML; values that are markup already stay what they are."""
        spoken, phrase = self._phrase(key, values)

        def filled(place: re.Match[str]) -> str:
            value = values.get(place[1])
            return value if isinstance(value, Markup) else escape(spoken._shown(key, place[1], values))

        said = Markup(_PLACE.sub(filled, escape(phrase)))  # noqa: S704 – phrase and values were just escaped
        if spoken is self:
            return said
        return Markup('<span lang="{}" dir="{}">{}</span>').format(spoken.language, spoken.direction, said)

    def theme(self, title: str) -> str:
        """The title of a theme in this language, "" where there is none."""
        return self.themes.get(title, "")

    def _phrase(self, key: str, values: Mapping[str, object]) -> tuple[Translations, str]:
        forms = self.phrases.get(key)
        if forms is None:
            if self.english is not None:
                return self.english._phrase(key, values)
            near = difflib.get_close_matches(key, self.phrases, 1)
            raise LookupError(f"there are no words {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        count = values.get("count")
        category = locale_of(self.language).plural_form(count) if isinstance(count, int) else "other"
        return self, forms.get(category) or forms["other"]

    def _shown(self, key: str, name: str, values: Mapping[str, object]) -> str:
        if name not in values:
            raise LookupError(f"the words {key!r} want a value for {{{name}}}")
        value = values[name]
        return format_decimal(value, locale=locale_of(self.language)) if isinstance(value, int) else str(value)


class TranslationCatalogue:
    """The languages of one newsletter: those that there are words for. Files are read when first needed, and kept."""

    def __init__(self, folders: Sequence[Path], own: str, *, base: TranslationCatalogue | None = None) -> None:
        """`folders` of templates, the operator's first, the packaged one last; `own` is the newsletter's language.

        What `base` says can be said, too; its files do not count among those that make a language known.
        """
        self._folders = tuple(dict.fromkeys(folders))
        self._own = own
        self._base = base
        self._resolved: dict[str, str] = {}
        self._words: dict[str, Translations] = {}

    @property
    def own(self) -> str:
        """What the newsletter says of its own, where its subscriber asks for no other: its language, or English."""
        return self.resolved(self._own)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The tags that there are files for, in order."""
        return tuple(sorted(self._files))

    def known_as(self, tag: str) -> str:
        """The file that has the words for `tag`, among those that are `known`: "de" for "de-AT"; "" for none."""
        return next((place for place in lookup(canonical(tag)) if place in self._files), "")

    def resolved(self, tag: str) -> str:
        """The language that a subscriber who asks for `tag` gets: each result is one rendering.

        The subscriber's where there are words for it, else the newsletter's, else English. A subscriber who names no
        region gets the newsletter's: "en" is "en-GB" there. Tags come from anywhere; what is none counts as not said.
        """
        if tag not in self._resolved:
            self._resolved[tag] = self._resolve(tag)
        return self._resolved[tag]

    def words(self, tag: str) -> Translations:
        """The words for a subscriber who asks for `tag`. Raises TemplateError when a file is wrong."""
        language = self.resolved(tag)
        if language not in self._words:
            mine = self._merged(canonical(language))
            is_english = ENGLISH in lookup(canonical(language))
            self._words[language] = replace(mine, language=language, english=None if is_english else self._english)
        return self._words[language]

    def fingerprint(self) -> str:
        """sha256 (hex) of all that any subscriber's language adds to a mail: every phrase in use, and Babel's version,
        for dates and plural forms are its own."""
        said = {tag: [dict(words.phrases), dict(words.themes)] for tag in self.known if (words := self._merged(tag))}
        return hashlib.sha256(json.dumps([babel.__version__, said], sort_keys=True).encode()).hexdigest()

    def _resolve(self, tag: str) -> str:
        mine, own = canonical(tag), canonical(self._own)
        if own and (not mine or mine == own or (mine == own.split("-")[0] and _is_bare(tag))):
            mine, shown = own, self._own
        else:
            shown = mine
        if self.known_as(mine):
            return shown
        if mine != own:
            return self._resolve(self._own)
        return "en-GB"

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """By canonical tag, the first to look into first."""
        found: dict[str, list[Path]] = {}
        for folder in self._folders:
            for path in sorted((folder / FOLDER).glob("*.toml")):
                tag = canonical(path.stem)
                if not tag:
                    raise TemplateError(
                        f"{path}: {path.stem!r} is no language that dates and plurals are known of.",
                        "Name the file after a language tag, such as cy.toml or pt-PT.toml.",
                    )
                found.setdefault(tag, []).append(path)
        return found

    def _merged(self, tag: str) -> Translations:
        """All that the files say for a canonical tag; what is nearer wins."""
        base = self._base._merged(tag) if self._base else None
        phrases: dict[str, Mapping[str, str]] = dict(base.phrases) if base else {}
        themes: dict[str, str] = dict(base.themes) if base else {}
        for place in lookup(tag):
            for path in self._files.get(place, ()):
                read = _read(path, self._packaged_english)
                phrases = {**read[0], **phrases}
                themes = {**read[1], **themes}
        return Translations(tag, phrases, themes)

    @cached_property
    def _english(self) -> Translations:
        return self._merged(ENGLISH)

    @property
    def _packaged_english(self) -> Path:
        """The file with the phrases that there are."""
        return self._folders[-1] / FOLDER / f"{ENGLISH}.toml"


def _is_bare(tag: str) -> bool:
    return not set("-_") & set(tag)


def _read(path: Path, english: Path) -> tuple[Phrases, Mapping[str, str]]:
    """Phrases and themes of one file, held to those of `english`. Raises TemplateError that names file, key and what is
    wrong."""
    return _parsed(path, _text(path), _text(english))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: {error}.", "Mend the file, or delete your copy of it.") from error


# Every fingerprint is of all languages: files that stay as they are are parsed once.
@lru_cache(maxsize=200)
def _parsed(path: Path, text: str, english: str) -> tuple[Phrases, Mapping[str, str]]:
    reference = _parsed(Path(f"{ENGLISH}.toml"), english, "")[0] if english else None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path}: {error}.", "Mend the file, or delete your copy of it.") from error
    themes = table.pop(_THEMES, {})
    if not isinstance(themes, dict) or not all(isinstance(title, str) for title in themes.values()):
        raise TemplateError(f"{path}: [themes] holds titles: “title in digest.toml” = “title in this language”.")
    phrases: dict[str, Mapping[str, str]] = {}
    for key, value in table.items():
        for problem in _problems(key, value, reference):
            raise TemplateError(f"{path}: {problem}.", "Mend the file, or delete your copy of it.")
        forms = value if isinstance(value, dict) else {"other": value}
        phrases[key] = {category: _visible(form) for category, form in forms.items()}
    return phrases, {title: clean(translated) for title, translated in themes.items()}


def _visible(form: str) -> str:
    """The phrase without what no mail shows; blanks at its ends belong to it."""
    bare = form.strip(" ")
    before, _, after = form.partition(bare) if bare else (form, "", "")
    return before + clean(bare) + after


def _problems(key: str, value: Any, reference: Phrases | None) -> Iterator[str]:
    forms = value if isinstance(value, dict) else {"other": value}
    if not all(isinstance(form, str) for form in forms.values()):
        yield f"{key} must be a text in quotes, or one for each plural form"
    elif "other" not in forms or not forms.keys() <= PLURALS:
        having = ", ".join(sorted(PLURALS - {"other"}))
        yield f"{key} has the plural forms {', '.join(forms)}; other is needed, and there are {having}"
    elif reference is not None and key not in reference:
        near = difflib.get_close_matches(key, reference, 1)
        yield f"there are no words {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    elif reference is not None:
        places = set(_PLACE.findall("".join(reference[key].values())))
        for place in set(_PLACE.findall("".join(forms.values()))) - places:
            having = ", ".join(f"{{{name}}}" for name in sorted(places)) or "none"
            yield f"{key} has the place {{{place}}}; there is {having}"
