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
from digest.web.served_files import version_of
from digest.words.language_tags import direction, known_language
from digest.words.translations import Translations

SCRIPT = "search.js"
_STYLE = "style.css"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the archive, as its template sees it."""

    root: str  # of the archive, as a link from this page; ends with a slash
    canonical: str = ""  # its address; "" without a public URL


class Writer:
    """Writes the files of one archive in the newsletter's design and the language of `words`."""

    def __init__(self, design: Design, words: Translations) -> None:
        self.design = design
        self.title = clean(design.title)
        self.words = words
        light, dark = design.light, design.dark
        pairs = [*zip(light.themes, dark.themes, strict=True), (light.elsewhere, dark.elsewhere)]
        accents = [{"light": one, "dark": other} for one, other in pairs]
        self._environment = templating.environment("archive")
        numbers = {accent["light"]: number for number, accent in enumerate(accents)}
        self._environment.filters["accent"] = numbers.__getitem__  # the number of its CSS class
        own = known_language(design.newsletter_language) != known_language(design.language)
        self._environment.globals.update(
            design=design,
            title=self.title,
            say=words.html,
            plain=words.text,
            own_language=design.newsletter_language if own else "",
            own_direction=direction(design.newsletter_language) if own else "",
            subscribe=f"{urlsplit(design.public_url).path}/subscribe" if design.public_url else "",
        )
        self.shared_files = {
            _STYLE: self.write("style.css.j2", light=design.light, dark=design.dark, accents=accents),
            "icon.svg": self.write("icon.svg.j2"),
            SCRIPT: (templating.STATIC / "archive" / SCRIPT).read_bytes(),
        }
        self._environment.globals.update(
            style=f"{_STYLE}?v={version_of(self.shared_files[_STYLE])}",
            script=f"{SCRIPT}?v={version_of(self.shared_files[SCRIPT])}",
        )

    def write(self, name: str, **values: Any) -> bytes:
        return (self._environment.get_template(name).render(**values).strip() + "\n").encode()

    def page(self, place: str, template: str, **values: Any) -> tuple[str, bytes]:
        """Return the name and content of the page at `/archive/PLACE/`. Without a public URL, links are relative."""
        archive = self.design.archive_url
        depth = place.count("/") + 1 if place else 0
        root = urlsplit(archive).path if archive else "../" * depth or "./"
        page = Page(root, self.url(f"{place}/" if place else ""))
        name = f"{place}/index.html" if place else "index.html"
        return name, self.write(template, page=page, **values)

    def url(self, place: str) -> str:
        """Return the address of a page or file; "" without a public URL."""
        return safe_url(self.design.archive_url + place) if self.design.archive_url else ""

    def tag(self, name: str) -> str:
        """Return a tag URI (RFC 4151): it stays the same when the archive moves."""
        return f"tag:{self.design.domain.lower()},2019:digest/{name}"


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
