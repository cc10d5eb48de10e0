"""Fill in the archive's templates, with the links and addresses of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from digest.escape import clean
from digest.mail.rendering.design import Design
from digest.mail.rendering.safe_links import safe_url
from digest.web import templating
from digest.web.archive.share_pictures import SharePictures
from digest.web.reader_pages import (
    HONEYPOT,
    ICON,
    STYLE,
    TEMPLATES,
    Frame,
    accents,
    language_links,
    own_text,
    picture_origins,
    shared_files,
    versioned,
)
from digest.web.served_files import version_of
from digest.words.translations import Translations

SCRIPT = "search.js"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the archive, as its template sees it."""

    root: str  # of the archive in the page's language, as a link from this page; ends with a slash
    files: str  # of the archive in the newsletter's language, where feeds and the style sheet are
    canonical: str = ""  # its address; "" without a public URL
    alternates: tuple[tuple[str, str], ...] = ()  # (tag, address) of it in each language; () if there is one only


class Writer:
    """Writes an archive's files in one language: that of `words` and `design`. The newsletter's own pages are in the
    language `own`."""

    def __init__(self, design: Design, words: Translations, own: str) -> None:
        self.design = design
        self.title = clean(design.title)
        self.words = words
        self.share_pictures = SharePictures(design, own)
        self._environment = templating.environment("archive", TEMPLATES)
        self._environment.filters["accent"] = accents(design).__getitem__
        self._paths = {own: "", **{tag: f"{tag}/" for tag in design.archive_languages}}
        public = urlsplit(design.public_url).path
        language = f"?lang={design.archive_path.rstrip('/')}" if design.archive_path else ""
        self._home = f"{public}/{language}" if design.public_url else ""
        self._subscribe = f"{public}/subscribe{language}" if design.public_url else ""
        script = (templating.STATIC / "archive" / SCRIPT).read_bytes()
        self.shared_files = {**shared_files(design), SCRIPT: script}
        self._environment.globals.update(
            design=design,
            title=self.title,
            words=words,
            say=words.html,
            plain=words.text,
            own=own_text(design, words),
            honeypot=HONEYPOT,
            picture_origins=picture_origins(design),
            share=self.share_pictures.of_newsletter,
            style=versioned(design, STYLE),
            icon=versioned(design, ICON),
            script=f"{SCRIPT}?v={version_of(script)}",
        )

    def write(self, name: str, **values: Any) -> bytes:
        return (self._environment.get_template(name).render(**values).strip() + "\n").encode()

    def page(self, place: str, template: str, *, here: str = "", **values: Any) -> tuple[str, bytes]:
        """Return the name and content of the page at `/archive/PLACE/`. Without a public URL, links are relative.

        In another language than the newsletter's, it is at `/archive/cy/PLACE/`. `here` is its link in the header.
        """
        path = self.design.archive_path
        below = f"{place}/" if place else ""
        archive = self.design.archive_url
        files = urlsplit(archive).path if archive else "../" * f"{path}{below}".count("/") or "./"
        page = Page(f"{files}{path}", files, self.url(f"{path}{below}"), self.alternates(below))
        current = next(tag for tag, folder in self._paths.items() if folder == path)
        links = language_links(self._paths, current, lambda tag: f"{files}{self._paths[tag]}{below}")
        frame = Frame(files, page.root, self._home or page.root, self._subscribe, here, links)
        return f"{path}{below}index.html", self.write(template, page=page, frame=frame, **values)

    def alternates(self, below: str) -> tuple[tuple[str, str], ...]:
        """Return the language and address of a page in each language; () if there is one language only."""
        if len(self._paths) == 1 or not self.design.archive_url:
            return ()
        return tuple((tag, self.url(f"{path}{below}")) for tag, path in self._paths.items())

    def url(self, place: str) -> str:
        """Return the address of a page or file; "" without a public URL."""
        return safe_url(self.design.archive_url + place) if self.design.archive_url else ""

    def tag(self, name: str) -> str:
        """Return a tag URI (RFC 4151): it stays the same when the archive moves."""
        return f"tag:{self.design.domain.lower()},2019:digest/{name}"


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
