"""Rendering the public pages, each in one language, and choosing that language.

In order: the subscriber's own, on pages that their link opens; the URL's (`?lang=cy`); the browser's; the newsletter's.
No cookie keeps it: links and forms carry it on.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse

from digest.escape import clean
from digest.mail.rendering.design import Design
from digest.mailbox_syntax import split_mailbox
from digest.settings import Settings
from digest.subscribers.consent_rules import CONFIRM_WITHIN
from digest.web import templating
from digest.web.public.accept_language import accepted_languages
from digest.web.reader_pages import ICON, STYLE, TEMPLATES, Frame, language_links, own_text, versioned
from digest.words.catalogues import page_catalogue
from digest.words.translations import ENGLISH, Translations

PRIVATE = {"X-Robots-Tag": "noindex, nofollow"}
_LANG = "lang"  # query parameter
_MAX_TAG = 35  # characters


class PageRenderer:
    """Renders the pages. Reads the translations of all languages at once: a faulty file raises TemplateError when the
    server starts, not when a page is opened."""

    def __init__(self, settings: Settings, design: Design, *, root: str, honeypot: str) -> None:
        self.catalogue = page_catalogue(settings)
        for tag in self.catalogue.languages:
            self.catalogue.translations(tag)
        self._design = design
        self._themes = settings.themes
        self._root = root
        self._environment = templating.environment("public", TEMPLATES)
        self._environment.globals.update(
            newsletter=settings.newsletter,
            design=design,
            title=clean(design.title),
            root=root,
            honeypot=honeypot,
            contact=_contact(settings),
            confirm_days=CONFIRM_WITHIN.days,
            style=versioned(design, STYLE),
            icon=versioned(design, ICON),
        )

    def words(self, request: Request, *, own: str = "", form: str = "") -> Translations:
        """Return the translations for a page. `own` is the subscriber's language, `form` the one in a form's field."""
        nearest = self.catalogue.nearest
        if nearest(own):
            return self.catalogue.translations(own)
        url = request.query_params.get(_LANG, "")[:_MAX_TAG]
        return self.catalogue.translations(nearest(form) or nearest(url) or self._browser_language(request))

    def _browser_language(self, request: Request) -> str:
        """Return the browser's most preferred language that has translations; "" if none has."""
        accepted = accepted_languages(request.headers.get("accept-language", ""))
        return next(filter(None, map(self.catalogue.nearest, accepted)), "")

    @property
    def own(self) -> str:
        """The newsletter's language, or the nearest that has translations."""
        return self.catalogue.default

    @property
    def own_words(self) -> Translations:
        """The translations in the newsletter's language."""
        return self.catalogue.translations("")

    def own_title(self, words: Translations) -> Markup:
        """Return the newsletter's title."""
        return own_text(self._design, words)(clean(self._design.title))

    def theme_titles(self, keys: Collection[str], words: Translations) -> Markup:
        """Return the titles of these themes, one after the other, in the order of the settings."""
        return words.html("separator").join(self._theme(one.title, words) for one in self._themes if one.key in keys)

    def _theme(self, title: str, words: Translations) -> Markup:
        translated = words.theme(title)
        return Markup.escape(translated) if translated else own_text(self._design, words)(title)

    def tag(self, words: Translations) -> str:
        """Return the tag of the language that a page with these translations is in."""
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
        indexed: bool = False,
        place: str = "",
        parameters: str = "",
        **values: Any,
    ) -> HTMLResponse:
        """Render a page. `choice` offers it in the other languages, too; search engines may list it if `indexed`.

        `place` is its link in the header, such as "subscribe". `parameters` of its URL, such as "&themes=comms", stay
        when the language is changed.
        """
        current = self.tag(words)
        default = self.tag(self.catalogue.translations(self._browser_language(request)))
        lang = "" if current == default else f"?{_LANG}={current}"  # links carry it on
        html = self._environment.get_template(template).render(
            words=words,
            say=words.html,
            plain=words.text,
            own=own_text(self._design, words),
            theme=partial(self._theme, words=words),
            all_themes=self._themes,
            here=current,
            lang=lang,
            frame=self._frame(words, current, lang, choice, place, parameters),
            indexed=indexed,
            **values,
        )
        headers = {**({} if indexed else PRIVATE), "Content-Language": words.language, "Vary": "Accept-Language"}
        return HTMLResponse(html, status, headers, background=background)

    def _frame(self, words: Translations, current: str, lang: str, choice: bool, place: str, more: str) -> Frame:
        files = f"{self._root}/archive/"
        archive = files + self._design.for_language(words.language).archive_path
        links = language_links(self.catalogue.languages, current, lambda tag: f"?{_LANG}={tag}{more}") if choice else ()
        return Frame(files, archive, f"{self._root}/{lang}", f"{self._root}/subscribe{lang}", place, links)


def _contact(settings: Settings) -> Markup:
    """A link to write to the editors."""
    newsletter = settings.newsletter
    address = split_mailbox(newsletter.reply_to or newsletter.from_)[1]
    return Markup('<a href="mailto:{}"><bdi>{}</bdi></a>').format(quote(address, safe="@+"), address)
