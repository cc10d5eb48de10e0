"""What all pages for readers share, the archive's and the public ones: header, footer, style sheet and icon.

All are made from the newsletter's design, so that mail, archive and forms have one look. The files are the archive's,
so that it stands on any host; where public pages are served, they use the same ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from markupsafe import Markup

from digest.colour import readable
from digest.mail.rendering.design import Accent, Design, Palette
from digest.mail.rendering.looks import SANS
from digest.web import templating
from digest.web.served_files import version_of
from digest.words.language_tags import direction, known_language, own_name_of
from digest.words.translations import Translations

STYLE, ICON = "style.css", "icon.svg"
TEMPLATES = "readers"
"""The folder of the templates that both environments have."""

HONEYPOT = "website"
"""The name of a form's field that people do not see and bots fill in."""

_READABLE = 4.6
_INK_ON_DARK, _INK_ON_LIGHT = "#16191c", "#ffffff"


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The page in one of its languages."""

    tag: str
    name: str  # in that language
    url: str
    current: bool  # whether the page is in it


@dataclass(frozen=True, slots=True)
class Frame:
    """The links of header and head. `files`, `archive` and `home` end with a slash."""

    files: str  # where style sheet, icon and feeds are: the archive in the newsletter's language
    archive: str  # the archive in the page's language
    home: str  # where the newsletter's name leads
    subscribe: str  # "" where nothing is served
    here: str = ""  # of the header's links, the one to this page: "archive", "search", "sources", "subscribe"
    languages: tuple[LanguageLink, ...] = ()  # none where there is no choice


@dataclass(frozen=True, slots=True)
class _Scheme:
    """The colours of pages in one scheme."""

    palette: Palette
    accent: str  # links, labels and buttons
    on_accent: str  # text on a button
    themes: tuple[str, ...]  # labels, those of posts elsewhere last


@lru_cache(maxsize=8)
def shared_files(design: Design) -> dict[str, bytes]:
    """Return the style sheet and the icon by name. They are the same in each language."""
    environment = templating.environment(TEMPLATES)
    values = {
        "design": design,
        "type": design.type,
        "ui_font": design.font or SANS,
        "band": design.light.band,
        "light": _light(design),
        "dark": _dark(design),
    }
    return {
        name: (environment.get_template(f"{name}.j2").render(**values).strip() + "\n").encode()
        for name in (STYLE, ICON)
    }


def versioned(design: Design, name: str) -> str:
    """Return the name of a shared file with its version, which browsers may keep for a year."""
    return f"{name}?v={version_of(shared_files(design)[name])}"


def accents(design: Design) -> dict[Accent, int]:
    """Return the number of the class that has a theme's colour, `accent-0`, by its accent in the light palette."""
    light = design.light
    return {accent: number for number, accent in enumerate((*light.themes, light.elsewhere))}


def picture_origins(design: Design) -> tuple[str, ...]:
    """Return the origins besides our own that pages load pictures from: the logo's."""
    logo = urlsplit(design.logo)
    return (f"{logo.scheme}://{logo.netloc}",) if logo.netloc else ()


def own_text(design: Design, words: Translations) -> Callable[[str], Markup]:
    """Return a function that marks the newsletter's own text with its language if the page is in another."""
    language = design.newsletter_language
    if known_language(language) == known_language(words.language):
        return Markup.escape
    return lambda text: Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), text)


def language_links(tags: Iterable[str], current: str, url: Callable[[str], str]) -> tuple[LanguageLink, ...]:
    """Return the choice of languages, by name; none if there is but one."""
    tags = list(tags)
    often = Counter(map(known_language, tags))
    links = [
        LanguageLink(
            tag, own_name_of(tag if often[known_language(tag)] > 1 else known_language(tag)), url(tag), tag == current
        )
        for tag in tags
    ]
    return tuple(sorted(links, key=lambda link: link.name.casefold())) if len(links) > 1 else ()


def _light(design: Design) -> _Scheme:
    palette = design.light
    labels = (accent.rule for accent in (*palette.themes, palette.elsewhere))
    return _Scheme(
        palette,
        readable(design.accent, palette.paper, _READABLE),
        _INK_ON_LIGHT,
        tuple(readable(colour, palette.paper, _READABLE) for colour in labels),
    )


def _dark(design: Design) -> _Scheme:
    palette = design.dark
    labels = tuple(accent.text for accent in (*palette.themes, palette.elsewhere))
    return _Scheme(palette, palette.accent.text, _INK_ON_DARK, labels)
