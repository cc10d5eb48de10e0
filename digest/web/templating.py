"""How templates become pages, the same for the desk, the public pages and the archive."""

from __future__ import annotations

from pathlib import Path

import jinja2

from digest.mail.rendering.template_cache import TemplateCache

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_COMPILED = TemplateCache()


def environment(of: str) -> jinja2.Environment:
    """The templates in `templates/OF/`: what they are given is escaped, and a name they are not given is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES / of),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
