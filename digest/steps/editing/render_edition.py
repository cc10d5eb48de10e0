"""Render an edition for each audience with this installation's templates, and fingerprint the result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from digest.edition.fingerprint import fingerprint
from digest.errors import ApprovalError
from digest.escape import clean
from digest.mail.rendering.dates import week_dates
from digest.mail.rendering.design import Design, design_of
from digest.mail.rendering.render import Renderer
from digest.memory import Memory
from digest.model import Edition, EditionMail
from digest.settings import Settings
from digest.store.editions import as_json
from digest.template_folders import default_folders
from digest.words.translations import TranslationCatalogue, Translations


def audience_rule(settings: Settings) -> dict[str, Any]:
    """Return the rule of who gets an edition. It is part of what is approved; the subscribers themselves may change."""
    return {
        "readers": "active and not suppressed, each the chosen themes in the language asked for; the month if monthly",
        "themes": [theme.key for theme in settings.themes],
        "redirect_to": settings.smtp.redirect_to or "",
    }


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A mail, and what it was rendered from."""

    edition: Edition
    renderer: Renderer
    mail: EditionMail


_RENDERERS: Memory[tuple[Design, tuple[Path, ...], str], Renderer] = Memory(4)
_MAILS: Memory[tuple[int, int, str, bool], _Rendered] = Memory(24)  # half a megabyte each with 500 posts
_FINGERPRINTS: Memory[tuple[int, int, str], tuple[Edition, Renderer, str]] = Memory(12)


def _renderer_of(design: Design, folders: tuple[Path, ...]) -> tuple[Renderer, str]:
    """A renderer with the templates as they are now, and their fingerprint. It is shared: it has read them already."""
    renderer = Renderer(design, folders)
    templates = renderer.template_hash()
    key = (design, folders, templates)
    return _RENDERERS.get(key) or _RENDERERS.put(key, renderer), templates


@dataclass(frozen=True)
class EditionRenderer:
    """Renders one edition: complete, for the editor, and with the themes and language of each audience."""

    settings: Settings
    edition: Edition
    sent_mail: EditionMail | None = None  # what subscribers got, if they did: templates may have changed since
    correction: bool = False  # whether its introduction corrects an edition that was sent

    @cached_property
    def design(self) -> Design:
        return design_of(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        """Raises ApprovalError if the templates have changed since `templates` was computed."""
        renderer, templates = _renderer_of(self.design, tuple(default_folders(self.settings)))
        if self.__dict__.setdefault("templates", templates) != templates:
            raise ApprovalError(
                "The templates have changed since sending began.",
                "Undo the change to send the rest, or approve the edition again.",
            )
        return renderer

    @cached_property
    def templates(self) -> str:
        """The fingerprint of the templates that render this."""
        _ = self.renderer  # which says what its templates are
        return str(self.__dict__["templates"])

    @cached_property
    def catalogue(self) -> TranslationCatalogue:
        return self.renderer.catalogue

    @cached_property
    def whole(self) -> EditionMail:
        """The mail with every theme, in the newsletter's language. Raises TemplateError."""
        return self._rendered("")

    def mail(self, themes: frozenset[str] | None = None, language: str = "", *, monthly: bool = False) -> EditionMail:
        """Return the mail with these themes (None: all), for subscribers of `language`. Raises TemplateError.

        `monthly` is that of monthly subscribers, of an edition that has the month's posts.
        """
        if themes is not None:
            return self.renderer.render(self.edition, themes=themes, language=language, monthly=monthly)
        tag = self.catalogue.resolve(language)
        if tag == self.catalogue.default:
            return self._rendered("", monthly=True) if monthly else self.whole
        return self._rendered(tag, monthly=monthly)

    def _rendered(self, language: str, *, monthly: bool = False) -> EditionMail:
        """The mail with every theme. A process that shows one edition again and again renders it once."""
        key = (id(self.edition), id(self.renderer), language, monthly)
        known = _MAILS.get(key)  # as long as it is there, it keeps its edition and renderer, and so their ids
        if known is None:
            mail = self.renderer.render(self.edition, language=language, correction=self.correction, monthly=monthly)
            known = _MAILS.put(key, _Rendered(self.edition, self.renderer, mail))
        return known.mail

    def __getstate__(self) -> dict[str, Any]:
        """Pickle for a sender process: with the rendered mails, without the templates, which it reads when needed."""
        return {name: value for name, value in self.__dict__.items() if name != "renderer"}

    @cached_property
    def mail_to_show(self) -> EditionMail:
        """The mail that subscribers got; if it was not sent, the one that they would get. Raises TemplateError."""
        return self.sent_mail or self.whole

    @cached_property
    def fingerprint(self) -> str:
        rule = audience_rule(self.settings)
        key = (id(self.edition), id(self.renderer), repr(rule))
        known = _FINGERPRINTS.get(key)
        if known is None:
            known = _FINGERPRINTS.put(key, (self.edition, self.renderer, self._fingerprint(rule)))
        return known[-1]

    def _fingerprint(self, rule: dict[str, Any]) -> str:
        return fingerprint(
            as_json(self.edition),
            self.whole,
            templates=self.templates,
            design=repr(self.design),
            audience=rule,
            month=self.mail(monthly=True) if self.edition.month else None,
        )


def correction_subject(edition: Edition, design: Design, words: Translations) -> str:
    """Return the subject of a correction whose editor wrote none."""
    dates = week_dates(edition.starts, edition.ends, words.language, design.timezone)
    # Operators' own phrases may still name the week.
    return clean(words.text("correction", title=edition.title, dates=dates, week=edition.week))
