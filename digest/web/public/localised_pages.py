"""The pages as HTML, each in one language: which one a page has, and what of it is in another.

The subscriber's own comes first, on the pages that a link of theirs opens; then what the address asks for (`?lang=cy`),
what the browser says, and the newsletter's. No cookie remembers it: links and forms carry it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse

from digest.settings import Settings
from digest.web import templating
from digest.web.public.accept_language import accepted
from digest.words.catalogues import page_catalogue
from digest.words.language_tags import direction, known_language, own_name_of
from digest.words.translations import ENGLISH, Translations

PRIVATE = {"X-Robots-Tag": "noindex, nofollow"}
_LANG = "lang"  # of the address


@dataclass(frozen=True, slots=True)
class LanguageOption:
    """A language to choose."""

    tag: str
    name: str  # in itself
    shown: bool  # whether the page is in it


class PageRenderer:
    """Makes pages. Reads the words of all languages at once: a file that is wrong stops the start (TemplateError), and
    no subscriber's page later."""

    def __init__(self, settings: Settings, *, root: str, honeypot: str) -> None:
        self.catalogue = page_catalogue(settings)
        for tag in self.catalogue.languages:
            self.catalogue.translations(tag)
        self._newsletter = settings.newsletter
        self._themes = settings.themes
        self._root = root
        self._environment = templating.environment("public")
        self._environment.globals.update(newsletter=self._newsletter, root=root, honeypot=honeypot)

    def words(self, request: Request, *, own: str = "", form: str = "") -> Translations:
        """The words for an answer. `own` is the subscriber's language, `form` the one that a form of ours carried
        on."""
        known_as = self.catalogue.nearest
        if known_as(own):
            return self.catalogue.translations(own)
        return self.catalogue.translations(known_as(form) or known_as(_asked(request)) or self._unasked(request))

    def _unasked(self, request: Request) -> str:
        """What the browser says, of those that there are; "" for the newsletter's own."""
        wanted = accepted(request.headers.get("accept-language", ""))
        return next(filter(None, map(self.catalogue.nearest, wanted)), "")

    @property
    def own(self) -> str:
        """The newsletter's language, as far as there are words for it."""
        return self.catalogue.default

    def tag(self, words: Translations) -> str:
        """The known language that a page of these words is in."""
        return self.catalogue.nearest(words.language) or ENGLISH

    def page(
        self,
        request: Request,
        template: str,
        words: Translations,
        /,
        *,
        status: int = 200,
        background: BackgroundTask | None = None,
        choice: bool = False,
        **values: Any,
    ) -> HTMLResponse:
        """The answer. `choice` offers the page in the other languages, too."""
        here = self.tag(words)
        unasked = self.tag(self.catalogue.translations(self._unasked(request)))

        def own(text: str) -> Markup:
            """What the newsletter says of itself, marked with its language where the page is in another."""
            return _foreign(text, self._newsletter.language, words)

        def theme(title: str) -> Markup:
            translated = words.theme(title)
            return Markup.escape(translated) if translated else own(title)

        html = self._environment.get_template(template).render(
            words=words,
            say=words.html,
            plain=words.text,
            own=own,
            theme=theme,
            all_themes=self._themes,
            here=here,
            lang="" if here == unasked else f"?{_LANG}={here}",  # what links take along
            choices=self._choices(here) if choice else (),
            **values,
        )
        headers = {**PRIVATE, "Content-Language": words.language, "Vary": "Accept-Language"}
        return HTMLResponse(html, status, headers, background=background)

    def _choices(self, here: str) -> Sequence[LanguageOption]:
        return sorted(
            (LanguageOption(tag, own_name_of(tag), tag == here) for tag in self.catalogue.languages),
            key=lambda option: option.name.casefold(),
        )


def _asked(request: Request) -> str:
    return request.query_params.get(_LANG, "")[:35]


def _foreign(text: str, language: str, words: Translations) -> Markup:
    if known_language(language) == known_language(words.language):
        return Markup.escape(text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), text)
