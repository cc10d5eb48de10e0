"""Render an edition for each audience with this installation's templates, and fingerprint the result."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from digest.edition.fingerprint import fingerprint
from digest.errors import ApprovalError
from digest.mail.rendering.design import Design, design_of
from digest.mail.rendering.render import Renderer
from digest.model import Edition, EditionMail
from digest.settings import Settings
from digest.store.editions import as_json
from digest.template_folders import default_folders
from digest.words.translations import TranslationCatalogue


def audience_rule(settings: Settings) -> dict[str, Any]:
    """Return the rule of who gets an edition. It is part of what is approved; the subscribers themselves may change."""
    return {
        "readers": "active and not suppressed, each the chosen themes in the language asked for",
        "themes": [theme.key for theme in settings.themes],
        "redirect_to": settings.smtp.redirect_to or "",
    }


@dataclass(frozen=True)
class EditionRenderer:
    """Renders one edition: complete, for the editor, and with the themes and language of each audience."""

    settings: Settings
    edition: Edition
    sent_mail: EditionMail | None = None  # what subscribers got, if they did: templates may have changed since

    @cached_property
    def design(self) -> Design:
        return design_of(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        """Raises ApprovalError if the templates have changed since `templates` was computed."""
        renderer = Renderer(self.design, default_folders(self.settings))
        if self.__dict__.get("templates", renderer.template_hash()) != renderer.template_hash():
            raise ApprovalError(
                "The templates have changed since sending began.",
                "Undo the change to send the rest, or approve the edition again.",
            )
        return renderer

    @cached_property
    def templates(self) -> str:
        """The fingerprint of the templates that render this."""
        return self.renderer.template_hash()

    @cached_property
    def catalogue(self) -> TranslationCatalogue:
        return self.renderer.catalogue

    @cached_property
    def whole(self) -> EditionMail:
        """The mail with every theme, in the newsletter's language. Raises TemplateError."""
        return self.renderer.render(self.edition)

    def mail(self, themes: frozenset[str] | None = None, language: str = "") -> EditionMail:
        """Return the mail with these themes (None: all), for subscribers of `language`. Raises TemplateError."""
        if themes is None and self.catalogue.resolve(language) == self.catalogue.default:
            return self.whole
        return self.renderer.render(self.edition, themes=themes, language=language)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle for a sender process: with the rendered mails, without the templates, which it reads when needed."""
        return {name: value for name, value in self.__dict__.items() if name != "renderer"}

    @cached_property
    def mail_to_show(self) -> EditionMail:
        """The mail that subscribers got; if it was not sent, the one that they would get. Raises TemplateError."""
        return self.sent_mail or self.whole

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(
            as_json(self.edition),
            self.whole,
            templates=self.templates,
            design=repr(self.design),
            audience=audience_rule(self.settings),
        )
