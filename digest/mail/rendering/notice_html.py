"""The HTML part of a notice: one button in the newsletter's look, and its address below for who cannot press it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from digest.errors import TemplateError
from digest.escape import clean, escape
from digest.mail.rendering.design import Design
from digest.mail.rendering.template_cache import TemplateCache
from digest.words.language_tags import direction

_TEMPLATE = "notice.html.j2"
_CODE = TemplateCache()


@dataclass(frozen=True, slots=True)
class NoticePage:
    """What a notice says beside its button. All is plain text or markup that is safe."""

    heading: str | Markup
    before: tuple[str | Markup, ...] = ()  # paragraphs
    button: str | Markup = ""
    url: str = ""  # of the button; "" for none
    hint: str | Markup = ""  # above the address of the button
    after: tuple[str | Markup, ...] = ()


def page_of_text(heading: str, text: str, button: str, url: str, hint: str) -> NoticePage:
    """The page of a notice that is written as text: in place of the line with `url`, a button."""
    before, line, after = text.partition(f"\n{url}\n") if url else (text, "", "")
    return NoticePage(
        heading, _paragraphs(before), button if line else "", url if line else "", hint, _paragraphs(after)
    )


def _paragraphs(text: str) -> tuple[Markup, ...]:
    blocks = (block.strip("\n").split("\n") for block in text.split("\n\n") if block.strip())
    return tuple(Markup("<br>\n").join(escape(clean(line)) for line in block) for block in blocks)


def notice_html(page: NoticePage, design: Design, language: str, folders: Sequence[Path]) -> str:
    """The HTML part in a language, by the template in the first of `folders` that has one. Raises TemplateError."""
    values = {"page": page, "language": language, "direction": direction(language)}
    try:
        html = (
            _environment(tuple(folders))
            .get_template(_TEMPLATE)
            .render(values, design=design, light=design.light, dark=design.dark)
        )
    except jinja2.TemplateError as error:
        place = f"{_TEMPLATE}, line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else _TEMPLATE
        raise TemplateError(
            f"{place}: {error.message}.", f"Correct your copy of {_TEMPLATE} in templates/pages, or delete it."
        ) from error
    return html.strip("\n") + "\n"


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_escaped,
        bytecode_cache=_CODE,
    )


def _escaped(value: object) -> object:
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value
