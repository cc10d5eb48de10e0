"""Templates and translations: they render, and nothing is missing in a language that somebody gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from datetime import UTC, datetime

from pydantic import SecretStr

from digest.errors import TemplateError
from digest.mail.message.message_template import message_template
from digest.mail.rendering.design import design_of
from digest.mail.rendering.notice_html import NoticePage, notice_html
from digest.mail.rendering.render import Renderer
from digest.model import Edition, EditionPost, Section
from digest.settings import Settings
from digest.steps.checks.line import Line, good, warning
from digest.steps.editing.edition_view import sample_addressing
from digest.template_folders import default_folders
from digest.week import latest_closed, window_of
from digest.words.catalogues import PAGES, mail_catalogue, page_catalogue
from digest.words.language_tags import canonical, known_language, name_of
from digest.words.translations import ENGLISH


def templates(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Render a sample edition."""
    whole = sample_message(settings)
    own = "your own and the built-in" if settings.templates_folder.is_dir() else "the built-in"
    yield good("templates", f"{own} ones render: {len(whole):,} bytes for a sample edition")


def sample_message(settings: Settings) -> bytes:
    """Return the bytes of a message as a subscriber gets it. Raises DigestError if a template is wrong."""
    settings = _with_a_key(settings)
    design, edition = design_of(settings), _sample_edition(settings)
    rendered = Renderer(design, default_folders(settings)).render(edition)
    template = message_template(rendered, design, week=str(edition.week))
    return template.fill(sample_addressing(settings, edition.week, edition.ends))


def _with_a_key(settings: Settings) -> Settings:
    """Return settings with a key for a sample where there is none. A check makes none: the store may expect another."""
    if settings.find_secret_key() is not None:
        return settings
    settings = copy(settings)
    settings.secrets = settings.secrets.model_copy(update={"secret_key": SecretStr("the key of a sample")})
    return settings


def _sample_edition(settings: Settings) -> Edition:
    week = latest_closed(datetime(2024, 1, 8, 12, tzinfo=UTC), settings.newsletter.cutoff, settings.newsletter.zone)
    window = window_of(week, settings.newsletter.cutoff, settings.newsletter.zone)
    post = EditionPost(
        "0" * 16, "A sample post", "https://example.org/post", "A sample source", "", window.starts,
        ("One sentence.",), "lead", (),
    )  # fmt: skip
    sections = tuple(Section(theme.key, theme.title, (post,)) for theme in settings.themes)
    return Edition(week, 1, settings.newsletter.title, window.starts, window.ends, sections)


def pages(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Check the template of notices, and the translations of pages and notices: visitors may choose any language."""
    pages, mail = page_catalogue(settings), mail_catalogue(settings)
    sample = NoticePage("Please confirm", ("A sample.",), "Confirm", "https://example.org/", "Or copy this:", ("End.",))
    try:
        notice_html(sample, design_of(settings), ENGLISH, default_folders(settings, PAGES))
    except TemplateError as error:
        yield warning("pages", f"{error.what} Notices go out as text", error.remedy)
    for tag in pages.languages:
        missing = [key for key in pages.translations(tag).missing_keys if key not in mail.translations(ENGLISH).phrases]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            what = f"the public pages lack {missing[0]}{more} in {name_of(tag)}: shown in English"
            yield warning("pages", what, f"Add to templates/pages/words/{tag}.toml.")
    for tag in sorted({*mail.languages} - {*pages.languages}):
        what = f"the mail is translated into {name_of(tag)}, the public pages are not"
        yield warning("pages", what, f"Write templates/pages/words/{tag}.toml.")


def languages(settings: Settings, numbers_by_tag: Mapping[str, int]) -> Iterator[Line]:
    """What the mail says of its own, in the languages that subscribers ask for (`asked`: how many, by tag)."""
    newsletter = settings.newsletter.language
    languages = mail_catalogue(settings)
    yield good("languages", f"{newsletter}; there are translations for {', '.join(languages.languages)}")
    for tag, number in sorted(({newsletter: 0} | dict(numbers_by_tag)).items()):
        mail_tag = languages.resolve(tag)
        here = f"templates/email/words/{canonical(tag) or tag}.toml"
        if tag and known_language(mail_tag) != known_language(canonical(tag) or tag):
            who = "the subscriber who asks for it gets" if number == 1 else f"{number} subscribers who ask for it get"
            who = who if number else "the newsletter uses it and gets"
            what = f"there is no translation into {name_of(tag)}: {who} {name_of(mail_tag)}"
            yield warning("languages", what, f"Write {here}; docs/operating.md says how.")
        elif missing := languages.translations(tag).missing_keys:
            what = f"{name_of(tag)} lacks {', '.join(missing)}: they are shown in English"
            yield warning("languages", what, f"Add them to {here}.")
