"""The Jinja environment of the desk, the public pages and the archive."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import jinja2

from digest.mail.rendering.template_cache import TemplateCache
from digest.web.served_files import version_of

STATIC = Path(__file__).resolve().parent / "static"
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_COMPILED = TemplateCache()


def environment(folder: str) -> jinja2.Environment:
    """Return the environment of `templates/FOLDER/`. Values are escaped, and an undefined name is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES / folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )


@lru_cache(maxsize=32)
def static_file(name: str) -> str:
    """Return the relative URL of a file in `static/`; it changes with the file, so browsers may keep what it gives."""
    return f"static/{name}?v={version_of((STATIC / name).read_bytes())}"
