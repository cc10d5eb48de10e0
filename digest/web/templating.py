"""The Jinja environment of the desk, the public pages and the archive."""

from __future__ import annotations

from pathlib import Path

import jinja2

from digest.mail.rendering.template_cache import TemplateCache

STATIC = Path(__file__).resolve().parent / "static"
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_COMPILED = TemplateCache()


def environment(*folders: str) -> jinja2.Environment:
    """Return the environment of `templates/FOLDER/`, of several folders if a template of the first needs others.

    Values are escaped, and an undefined name is an error.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([_TEMPLATES / folder for folder in folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
