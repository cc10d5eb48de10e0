"""An edition and the templates in; subject, HTML and text out. No clock, no randomness: same input, same bytes.

    Edition -choose themes-> -view_of-> View -Jinja2-> MJML -structure-> -MRML-> HTML
                                             -Jinja2-> text, subject

The operator's templates are looked for first, the packaged ones second, file by file; what they say of their own comes
from `digest.words.translations`, in the subscriber's language. Personal parts stay slots such
as ⟦unsubscribe⟧; `digest.mail.message.message_template` fills them in for each subscriber.
"""

from __future__ import annotations

import hashlib
import re
import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup
from mjml import mjml2html

from digest.errors import TemplateError
from digest.escape import SLOT_CLOSE, SLOT_OPEN, clean, escape
from digest.mail.rendering import remembered
from digest.mail.rendering.check_mjml import problem_in
from digest.mail.rendering.design import Design
from digest.mail.rendering.flowed_text import tidy, wrap
from digest.mail.rendering.post_view import PostViews
from digest.mail.rendering.remembered import MACROS, Fragments
from digest.mail.rendering.shorten_to_fit import shorten_to_fit
from digest.mail.rendering.template_cache import TemplateCache
from digest.mail.rendering.template_files import TemplateFiles
from digest.mail.rendering.template_view import view_of
from digest.memory import Memory
from digest.model import Edition, EditionMail
from digest.template_folders import packaged_folder
from digest.words.translations import TranslationCatalogue, Translations

SLOTS = frozenset({"name", "email", "unsubscribe", "preferences"})
"""name: a space and the subscriber's name, or nothing · email: the address the mail goes to ·
unsubscribe, preferences: the subscriber's own links."""

_SLOT = re.compile(f"{SLOT_OPEN}([^{SLOT_CLOSE}]*){SLOT_CLOSE}?")
_BODIES = ("digest.mjml.j2", "digest.txt.j2")
_SUBJECT = "subject.txt.j2"
_LINK = re.compile(f'href="(?:https?:|{SLOT_OPEN})')
_BLANKS = re.compile(r"(?<=>)[ \t]+(?=</?mj-)")
_OF_MJML = re.compile("<!--.*?-->|</?mj[^>]*>", re.DOTALL)
_VIEWS = 1_000  # posts whose views a renderer keeps, for each language
_MJML, _TEXT = TemplateCache(), TemplateCache()  # one for each kind of environment


class _Drawn(NamedTuple):
    """What was drawn in one language, of the same design: the same posts come again and again."""

    views: PostViews
    fragments: Fragments


class Renderer:
    """Renders editions of one newsletter. What is read is kept: `template_hash` says what it draws with."""

    def __init__(self, design: Design, folders: Sequence[Path]) -> None:
        self.design = design
        self.folders = tuple(folders)
        self.catalogue = TranslationCatalogue((*self.folders, packaged_folder()), design.language)
        self._files = TemplateFiles(self.folders)
        common: dict[str, Any] = {
            "loader": self._files,
            "undefined": jinja2.StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "auto_reload": False,
            "keep_trailing_newline": True,
        }
        # Not select_autoescape(): it leaves .mjml files alone. `finalize` escapes by our rules, before Jinja2 by its.
        self._mjml = jinja2.Environment(**common, autoescape=True, finalize=_escaped, bytecode_cache=_MJML)
        # Plain text has nothing to escape.
        self._text = jinja2.Environment(**common, autoescape=False, bytecode_cache=_TEXT)  # noqa: S701
        self._text.filters["wrap"] = wrap
        shared = {**_names_of(design), "light": design.light, "dark": design.dark, "type": design.type}
        self._drawn: dict[str, _Drawn] = {}
        self._mjml.globals.update(shared)
        self._text.globals.update(shared)

    def render(
        self,
        edition: Edition,
        *,
        themes: frozenset[str] | None = None,
        language: str = "",
        correction: bool = False,
        monthly: bool = False,
    ) -> EditionMail:
        """The mail of an edition, with only the chosen themes where they are given, to a subscriber of `language`.

        Only what the mail says of its own is in that language, or in `catalogue.resolve(language)`. `correction` says
        that the introduction corrects an edition that was sent; `monthly` renders the month that goes with it.

        An edition too long for one mail is shortened by rule (`shorten_to_fit`); `EditionMail.shortened` says how.
        Raises TemplateError, with file and line.
        """
        months: tuple[str, ...] = ()
        if monthly and edition.month and (of_month := edition.for_monthly):
            months, edition = edition.month.months, of_month
        if themes is not None:
            edition = replace(
                edition, sections=tuple(section for section in edition.sections if section.theme in themes)
            )
        words = self.catalogue.translations(language)
        design = self.design.for_language(words.language)
        drawn = self._drawn.setdefault(words.language, _Drawn(Memory(_VIEWS), Fragments()))
        draw = partial(self._draw, design=design, words=words, drawn=drawn, correction=correction, months=months)
        return shorten_to_fit(edition, draw)

    def template_hash(self) -> str:
        """sha256 (hex) over the template files in use, the operator's where there are both, and over all words."""
        return hashlib.sha256(self._files.fingerprint() + self.catalogue.fingerprint().encode()).hexdigest()

    def _draw(
        self,
        edition: Edition,
        room: int | None,
        *,
        design: Design,
        words: Translations,
        drawn: _Drawn,
        correction: bool,
        months: tuple[str, ...],
    ) -> EditionMail | None:
        view = view_of(edition, design, words, drawn.views, correction=correction, months=months)
        text_values, html_values = {**_names_of(design), "say": words.text}, {**_names_of(design), "say": words.html}
        html_values["remembered"] = drawn.fragments.call if self._has_packaged_macros else remembered.call
        subject = clean(self._fill(self._text, _SUBJECT, mail=view, **text_values))
        mjml = self._fill(self._mjml, "digest.mjml.j2", mail=view, **html_values)
        if len(_LINK.findall(mjml)) % 2 and view.web_url:
            # rspamd takes an odd number of links for a sign of parts that do not match, and gives a point for it.
            mjml = self._fill(self._mjml, "digest.mjml.j2", mail=replace(view, link_on_top=True), **html_values)
        if room is not None and least_size(mjml) > room:
            return None
        text = tidy(self._fill(self._text, "digest.txt.j2", mail=view, **text_values))
        _check_slots("digest.mjml.j2", mjml)
        _check_slots("digest.txt.j2", text)
        return EditionMail(subject=subject, preheader=view.preheader, html=to_html(mjml), text=text, mjml=mjml)

    @cached_property
    def _has_packaged_macros(self) -> bool:
        """Whether all that is remembered is drawn by packaged macros: an operator's may look at more than the post."""
        own = [(name, content) for name, path, content in self._files if path.parent != packaged_folder()]
        return not any(name in MACROS or b"remembered" in content for name, content in own)

    def _fill(self, environment: jinja2.Environment, name: str, **values: object) -> str:
        try:
            return environment.get_template(name).render(values)
        except jinja2.TemplateNotFound as error:
            looked = ", ".join(str(folder) for folder in self.folders)
            raise TemplateError(
                f"There is no template {error.name or name}.", f"Put it into one of: {looked}."
            ) from error
        except jinja2.TemplateSyntaxError as error:
            place = Path(error.filename or name)
            raise TemplateError(
                f"{place}, line {error.lineno}: {error.message}.",
                "Correct the template, or delete your copy of it.",
            ) from error
        except Exception as error:
            raise TemplateError(
                f"{_place(error, name)}: {error or type(error).__name__}.",
                "Correct the template, or delete your copy of it.",
            ) from error


def least_size(mjml: str) -> int:
    """Bytes that the HTML has at least: what stands between MJML's own elements, without white space."""
    return len("".join(_OF_MJML.sub("", mjml).split()).encode())


def _names_of(design: Design) -> dict[str, Design]:
    """The names by which templates use it: `look` is in templates that operators have written for earlier versions."""
    return {"design": design, "look": design}


def to_html(mjml: str) -> str:
    """The HTML of strict MJML. Raises TemplateError when it is not right."""
    problem = problem_in(mjml)
    if problem:
        raise TemplateError(f"digest.mjml.j2: the template produces invalid MJML: {problem}.", "Correct the template.")
    try:
        # MRML refuses blanks between elements where it takes line breaks. {}: it asks Google for fonts otherwise.
        html = str(mjml2html(_BLANKS.sub("\n", mjml), disable_comments=True, fonts={}))
    except ValueError as error:
        what = f"digest.mjml.j2: the template produces invalid MJML: {error}."
        raise TemplateError(what, "Check that every element is closed.") from error
    left = re.search(r"</?mj-[^>]*>", html)
    if left:
        raise TemplateError(f"digest.mjml.j2: {left[0]} is not an MJML element.", "Correct the template.")
    # A line break costs no byte in place of a blank, and keeps the lines short for quoted-printable, so that only a
    # few short lines hold a subscriber's slots. Runs of blanks mean nothing in HTML, and cost time in each signature.
    html = re.sub(r"\n[ \t\n]+", "\n", re.sub("[ \t]{2,}", " ", html))
    return re.sub(r"<(table|td|div|h[1-3]|p|li|a|span|img|ul) ", r"<\1\n", html)


def _escaped(value: object) -> object:
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _place(error: BaseException, name: str) -> str:
    """File and line of the template in which `error` was raised."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):
            return f"{frame.filename}, line {frame.lineno}"
    return name


def _check_slots(name: str, text: str) -> None:
    for match in _SLOT.finditer(text):
        if match[1] not in SLOTS:
            line = text.count("\n", 0, match.start()) + 1
            raise TemplateError(
                f"{name}: there is no slot {match[0]!r} (line {line} of the result).",
                f"Slots are {', '.join(f'{SLOT_OPEN}{slot}{SLOT_CLOSE}' for slot in sorted(SLOTS))}.",
            )
