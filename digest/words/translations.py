"""The phrases that a mail or a page adds to the posts, in each subscriber's language. Posts and the editor's text are
never translated.

A language is a file, `words/TAG.toml` in a templates folder: phrases by key, with `{placeholders}` to fill in. A phrase
with a count has one form for each plural category of the language (CLDR's, as Babel knows them). Phrase by phrase, the
operator's file wins over the packaged one. A phrase that a language lacks is shown in English, and marked as English.
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

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_EARLIER = {"correction": {"week"}}  # placeholders that files from an earlier `digest init` have
_RETIRED = frozenset({
    "address_example", "asked_how", "confirm", "confirm_everything", "confirm_themes", "note_asked", "note_choose",
    "note_confirm", "note_move_not_you", "pause_lead", "try_again",
})  # fmt: skip
"""Phrases of earlier versions. Operators' files may have them; nothing says them any more."""
_THEMES = "themes"

Phrases = Mapping[str, Mapping[str, str]]
"""By key: the phrase by plural category. One that counts nothing is under "other" alone."""


@dataclass(frozen=True, slots=True)
class Translations:
    """The phrases of one language."""

    language: str  # the tag for a `lang` attribute
    phrases: Phrases
    themes: Mapping[str, str] = field(default_factory=dict)  # titles of themes, by the titles in the settings
    english: Translations | None = None  # for phrases that are missing; None in English itself

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """The keys of phrases that are shown in English instead."""
        return tuple(key for key in self.english.phrases if key not in self.phrases) if self.english else ()

    def text(self, key: str, **values: object) -> str:
        """A phrase as plain text. `count` chooses the plural form. Raises LookupError for an unknown key or value."""
        source, phrase = self._phrase(key, values)
        return _PLACEHOLDER.sub(lambda place: source._formatted(key, place[1], values), phrase)

    def html(self, key: str, **values: object) -> Markup:
        """The same, escaped for MJML and HTML. Values that are markup already stay as they are."""
        source, phrase = self._phrase(key, values)

        def fill(place: re.Match[str]) -> str:
            value = values.get(place[1])
            return value if isinstance(value, Markup) else escape(source._formatted(key, place[1], values))

        markup = Markup(_PLACEHOLDER.sub(fill, escape(phrase)))  # noqa: S704 – phrase and values were just escaped
        if source is self:
            return markup
        return Markup('<span lang="{}" dir="{}">{}</span>').format(source.language, source.direction, markup)

    def theme(self, title: str) -> str:
        """The title of a theme in this language, "" where there is none."""
        return self.themes.get(title, "")

    def _phrase(self, key: str, values: Mapping[str, object]) -> tuple[Translations, str]:
        """The phrase, and the translations it is from: these, or the English ones."""
        forms = self.phrases.get(key)
        if forms is None:
            if self.english is not None:
                return self.english._phrase(key, values)
            near = difflib.get_close_matches(key, self.phrases, 1)
            raise LookupError(f"there is no phrase {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        count = values.get("count")
        category = locale_of(self.language).plural_form(count) if isinstance(count, int) else "other"
        return self, forms.get(category) or forms["other"]

    def _formatted(self, key: str, name: str, values: Mapping[str, object]) -> str:
        if name not in values:
            raise LookupError(f"the phrase {key!r} needs a value for {{{name}}}")
        value = values[name]
        return format_decimal(value, locale=locale_of(self.language)) if isinstance(value, int) else str(value)


class TranslationCatalogue:
    """The translations of one newsletter, by language. Files are read when first needed, and kept."""

    def __init__(
        self,
        folders: Sequence[Path],
        own: str,
        *,
        base: TranslationCatalogue | None = None,
        offered: Sequence[str] = (),
    ) -> None:
        """`folders` of templates, the operator's first, the packaged one last; `own` is the newsletter's language.

        The phrases of `base` can be used, too; its files do not add to the `languages`. Of those, only `offered` ones
        and the newsletter's own can be chosen; () means all.
        """
        self._folders = tuple(dict.fromkeys(folders))
        self._own = own
        self._base = base
        self._offered = frozenset(canonical(tag) for tag in (*offered, own)) if offered else None
        self._resolved: dict[str, str] = {}
        self._texts: dict[Path, str] = {}  # of the files: what `fingerprint` has covered is what is used later
        self._translations: dict[str, Translations] = {}

    @property
    def default(self) -> str:
        """The language for subscribers who have chosen none: the newsletter's, or English."""
        return self.resolve(self._own)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The tags of the languages to choose from, in order."""
        return tuple(tag for tag in sorted(self._files) if self._is_offered(tag))

    @property
    def other_languages(self) -> tuple[str, ...]:
        """The same without the one that pages in the newsletter's own language are in."""
        return tuple(tag for tag in self.languages if tag != (self.nearest(self.default) or ENGLISH))

    def _is_offered(self, tag: str) -> bool:
        return self._offered is None or any(tag in lookup(one) for one in self._offered)

    def nearest(self, tag: str) -> str:
        """The best match for `tag` among the `languages`: "de" for "de-AT"; "" for none."""
        return next((place for place in lookup(canonical(tag)) if place in self.languages), "")

    def resolve(self, tag: str) -> str:
        """The language that a subscriber who asks for `tag` gets: each result is one rendering.

        The subscriber's where there are translations, else the newsletter's, else English. A tag without a region gets
        the newsletter's region: "en" is "en-GB" there. An invalid tag counts as none.
        """
        if tag not in self._resolved:
            self._resolved[tag] = self._resolve(tag)
        return self._resolved[tag]

    def translations(self, tag: str) -> Translations:
        """The translations for a subscriber who asks for `tag`. Raises TemplateError when a file is wrong."""
        language = self.resolve(tag)
        if language not in self._translations:
            merged = self._merged(canonical(language))
            is_english = ENGLISH in lookup(canonical(language))
            english = None if is_english else self._english
            self._translations[language] = replace(merged, language=language, english=english)
        return self._translations[language]

    def fingerprint(self) -> str:
        """sha256 (hex) of all that languages add to a mail: every phrase in use, and Babel's version, which decides
        dates and plural forms."""
        merged = {tag: self._merged(tag) for tag in self.languages}
        phrases = {tag: [dict(one.phrases), dict(one.themes)] for tag, one in merged.items()}
        return hashlib.sha256(json.dumps([babel.__version__, phrases], sort_keys=True).encode()).hexdigest()

    def _resolve(self, tag: str) -> str:
        requested, own = canonical(tag), canonical(self._own)
        if own and (not requested or requested == own or (requested == own.split("-")[0] and _has_no_region(tag))):
            requested, as_written = own, self._own
        else:
            as_written = requested
        if self.nearest(requested):
            return as_written
        if requested != own:
            return self._resolve(self._own)
        return "en-GB"

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """Files by canonical tag, the operator's before the packaged ones."""
        files: dict[str, list[Path]] = {}
        for folder in self._folders:
            for path in sorted((folder / FOLDER).glob("*.toml")):
                tag = canonical(path.stem)
                if not tag:
                    raise TemplateError(
                        f"{path}: {path.stem!r} is not a known language tag.",
                        "Name the file after a language tag, such as cy.toml or pt-PT.toml.",
                    )
                files.setdefault(tag, []).append(path)
        return files

    def _merged(self, tag: str) -> Translations:
        """All phrases for a canonical tag. The closest language wins, and within it the operator's file."""
        base = self._base._merged(tag) if self._base else None
        phrases: dict[str, Mapping[str, str]] = dict(base.phrases) if base else {}
        themes: dict[str, str] = dict(base.themes) if base else {}
        for place in lookup(tag):
            for path in self._files.get(place, ()):
                file_phrases, file_themes = self._read(path)
                phrases = {**file_phrases, **phrases}
                themes = {**file_themes, **themes}
        return Translations(tag, phrases, themes)

    def _read(self, path: Path) -> tuple[Phrases, Mapping[str, str]]:
        """Phrases and themes of one file, checked against the packaged English. Raises TemplateError with file, key and
        what is wrong."""
        for each in (path, self._packaged_english):
            if each not in self._texts:
                self._texts[each] = _text(each)
        return _parsed(path, self._texts[path], self._texts[self._packaged_english])

    @cached_property
    def _english(self) -> Translations:
        return self._merged(ENGLISH)

    @property
    def _packaged_english(self) -> Path:
        """The file that has every phrase."""
        return self._folders[-1] / FOLDER / f"{ENGLISH}.toml"


def _has_no_region(tag: str) -> bool:
    return not set("-_") & set(tag)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: {error}.", "Correct the file, or delete your copy of it.") from error


# Each fingerprint covers all languages: unchanged files are parsed once.
@lru_cache(maxsize=200)
def _parsed(path: Path, text: str, english: str) -> tuple[Phrases, Mapping[str, str]]:
    reference = _parsed(Path(f"{ENGLISH}.toml"), english, "")[0] if english else None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{path}: {error}.", "Correct the file, or delete your copy of it.") from error
    themes = table.pop(_THEMES, {})
    if not isinstance(themes, dict) or not all(isinstance(title, str) for title in themes.values()):
        raise TemplateError(f"{path}: [themes] lists titles: “title in digest.toml” = “title in this language”.")
    phrases: dict[str, Mapping[str, str]] = {}
    for key, value in table.items():
        if key in _RETIRED:
            continue
        for problem in _problems(key, value, reference):
            raise TemplateError(f"{path}: {problem}.", "Correct the file, or delete your copy of it.")
        forms = value if isinstance(value, dict) else {"other": value}
        phrases[key] = {category: _visible(form) for category, form in forms.items()}
    return phrases, {title: clean(translated) for title, translated in themes.items()}


def _visible(form: str) -> str:
    """The phrase without invisible characters. Blanks at its ends belong to it."""
    bare = form.strip(" ")
    before, _, after = form.partition(bare) if bare else (form, "", "")
    return before + clean(bare) + after


def _problems(key: str, value: Any, reference: Phrases | None) -> Iterator[str]:
    forms = value if isinstance(value, dict) else {"other": value}
    if not all(isinstance(form, str) for form in forms.values()):
        yield f"{key} must be a text in quotes, or one for each plural form"
    elif "other" not in forms or not forms.keys() <= PLURALS:
        optional = ", ".join(sorted(PLURALS - {"other"}))
        yield f"{key} has the plural forms {', '.join(forms)}; other is required, and {optional} are allowed"
    elif reference is not None and key not in reference:
        near = difflib.get_close_matches(key, reference, 1)
        yield f"there is no phrase {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    elif reference is not None:
        placeholders = set(_PLACEHOLDER.findall("".join(reference[key].values())))
        for name in set(_PLACEHOLDER.findall("".join(forms.values()))) - placeholders - _EARLIER.get(key, set()):
            allowed = ", ".join(f"{{{one}}}" for one in sorted(placeholders)) or "none"
            yield f"{key} has the placeholder {{{name}}}; allowed: {allowed}"
