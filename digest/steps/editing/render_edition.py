"""Rendering an edition, for each audience, with this installation's templates, and fingerprinting what comes out."""

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
    """Who gets an edition. The subscribers come and go; what is approved is the rule."""
    return {
        "readers": "active and not suppressed, each the chosen themes in the language asked for",
        "themes": [theme.key for theme in settings.themes],
        "redirect_to": settings.smtp.redirect_to or "",
    }


@dataclass(frozen=True)
class EditionRenderer:
    """Renders one edition: the whole of it for the editor, and for each audience what it chose in its language."""

    settings: Settings
    edition: Edition
    sent: EditionMail | None = None  # the mail that subscribers got, where they did: templates may have changed since

    @cached_property
    def design(self) -> Design:
        return design_of(self.settings)

    @cached_property
    def renderer(self) -> Renderer:
        """Raises ApprovalError when the templates are no longer those of a fingerprint that was taken before."""
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
        """With every theme, in the newsletter's language. Raises TemplateError."""
        return self.renderer.render(self.edition)

    def mail(self, themes: frozenset[str] | None = None, language: str = "") -> EditionMail:
        """With these themes (None: all), for subscribers who ask for `language`. Raises TemplateError."""
        if themes is None and self.catalogue.resolve(language) == self.catalogue.default:
            return self.whole
        return self.renderer.render(self.edition, themes=themes, language=language)

    def __getstate__(self) -> dict[str, Any]:
        """For a process that sends: what was rendered travels along; templates are read anew where one is needed."""
        return {name: value for name, value in self.__dict__.items() if name != "renderer"}

    @cached_property
    def mail_to_show(self) -> EditionMail:
        """What to show: the mail that subscribers got, else the edition as it would be sent now. Raises
        TemplateError."""
        return self.sent or self.whole

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint(
            as_json(self.edition),
            self.whole,
            templates=self.templates,
            design=repr(self.design),
            audience=audience_rule(self.settings),
        )
