"""The archive: every edition as a web page, in static files that any host serves.

    index.html  style.css  icon.svg  sources/index.html  2019-W12/index.html
    feed.xml (Atom)  feed.json (JSON Feed)  sources.opml

Pages show what the mail shows, in the newsletter's language, and nothing about any subscriber. They have no scripts and
load nothing from other sites. No clock is read: the same editions give the same bytes.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digest.errors import DigestError
from digest.escape import clean
from digest.mail.rendering.design import Design
from digest.mail.rendering.introduction import introduction
from digest.mail.rendering.safe_links import safe_url
from digest.mail.rendering.template_view import View, view_of
from digest.model import Edition, EditionMail, Source
from digest.web import templating
from digest.words.language_tags import direction, known_language
from digest.words.translations import Translations


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """What was written."""

    folder: Path
    editions: int
    files: int


@dataclass(frozen=True, slots=True)
class _Page:
    root: str  # of the archive, as a link from this page; ends with a slash
    canonical: str = ""
    older: View | None = None
    newer: View | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    url: str
    published: str
    summary: str
    html: str


def build_archive(
    editions: Sequence[tuple[Edition, EditionMail]],
    design: Design,
    words: Translations,
    sources: Sequence[Source],
    folder: Path,
) -> BuiltArchive:
    """Write the archive of these editions into `folder`; each file is replaced whole. Raises DigestError."""
    files = archive_files(editions, design, words, sources)
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
    except OSError as error:
        raise DigestError(
            f"The archive cannot be written into {folder}: {error.strerror}.",
            "Make the folder writable, or choose another.",
        ) from error
    return BuiltArchive(folder, len(editions), len(files))


def archive_files(
    editions: Sequence[tuple[Edition, EditionMail]], design: Design, words: Translations, sources: Sequence[Source]
) -> dict[str, bytes]:
    """Return the archive's files by relative name.

    `EditionMail` gives the subject, which feeds show as the title. `words` are the translations of pages, in the
    newsletter's language if there are any.
    """
    design = design.for_language(words.language)
    writer = _Writer(design, words)
    newest_first = sorted(editions, key=lambda pair: pair[0].week, reverse=True)
    views = [view_of(edition, design, words) for edition, _ in newest_first]
    followed = _followed(sources)
    files = {
        "style.css": writer.write("style.css.j2", light=design.light, dark=design.dark, accents=writer.accents),
        "icon.svg": writer.write("icon.svg.j2"),
        "index.html": writer.write("index.html.j2", page=writer.page(""), editions=views),
        "sources/index.html": writer.write("sources.html.j2", page=writer.page("sources"), sources=followed),
        "sources.opml": writer.write("sources.opml.j2", sources=followed),
    }
    entries = []
    for place, ((edition, rendered), view) in enumerate(zip(newest_first, views, strict=True)):
        page = writer.page(
            str(edition.week),
            newer=views[place - 1] if place else None,
            older=views[place + 1] if place + 1 < len(views) else None,
        )
        values = {"edition": view, "introduction": introduction(edition.introduction), "published": _time(edition.ends)}
        files[f"{edition.week}/index.html"] = writer.write("edition.html.j2", page=page, **values)
        entries.append(writer.entry(edition, rendered, writer.write("entry.html.j2", **values).decode()))
    updated = _time(newest_first[0][0].ends) if newest_first else "1970-01-01T00:00:00Z"
    files["feed.xml"] = writer.write("feed.xml.j2", feed_id=writer.tag("archive"), updated=updated, entries=entries)
    files["feed.json"] = writer.json_feed(entries)
    return files


def _followed(sources: Sequence[Source]) -> list[dict[str, str]]:
    """Return the active sources, made safe for pages."""
    return [
        {
            "name": clean(source.name),
            "site": safe_url(source.site),
            "feed": safe_url(source.feed),
            "theme": source.theme,
        }
        for source in sources
        if source.active
    ]


class _Writer:
    def __init__(self, design: Design, words: Translations) -> None:
        self._design = design
        self._title = clean(design.title)
        light, dark = design.light, design.dark
        pairs = [*zip(light.themes, dark.themes, strict=True), (light.elsewhere, dark.elsewhere)]
        self.accents = [{"light": one, "dark": other} for one, other in pairs]
        self._environment = templating.environment("archive")
        numbers = {accent["light"]: number for number, accent in enumerate(self.accents)}
        self._environment.filters["accent"] = numbers.__getitem__  # the number of its CSS class
        own = known_language(design.newsletter_language) != known_language(design.language)
        self._environment.globals.update(
            design=design,
            title=self._title,
            say=words.html,
            plain=words.text,
            own_language=design.newsletter_language if own else "",
            own_direction=direction(design.newsletter_language) if own else "",
            subscribe=f"{urlsplit(design.public_url).path}/subscribe" if design.public_url else "",
        )

    def write(self, name: str, **values: Any) -> bytes:
        return (self._environment.get_template(name).render(**values).strip() + "\n").encode()

    def page(self, place: str, *, older: View | None = None, newer: View | None = None) -> _Page:
        """Return the page at `/archive/PLACE`. Without a public URL, links are relative."""
        archive = self._design.archive_url
        root = urlsplit(archive).path if archive else ("../" if place else "./")
        return _Page(root, safe_url(archive + place) if archive else "", older, newer)

    def tag(self, name: str) -> str:
        """Return a tag URI (RFC 4151): it stays the same when the archive moves."""
        return f"tag:{self._design.domain.lower()},2019:digest/{name}"

    def entry(self, edition: Edition, rendered: EditionMail, html: str) -> _Entry:
        return _Entry(
            id=self.tag(str(edition.week)),
            title=clean(rendered.subject),
            url=safe_url(self._design.web_url(str(edition.week))),
            published=_time(edition.ends),
            summary=rendered.preheader,
            html=html,
        )

    def json_feed(self, entries: Sequence[_Entry]) -> bytes:
        """Return the feed as JSON Feed 1.1."""
        feed: dict[str, Any] = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self._title,
            "language": self._design.language,
        }
        if self._design.archive_url:
            feed |= {"home_page_url": self._design.archive_url, "feed_url": f"{self._design.archive_url}feed.json"}
        feed["items"] = [
            {"id": entry.id}
            | ({"url": entry.url} if entry.url else {})
            | {
                "title": entry.title,
                "summary": entry.summary,
                "content_html": entry.html,
                "date_published": entry.published,
            }
            for entry in entries
        ]
        return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _replace(path: Path, content: bytes) -> None:
    """Write the file whole: visitors of a served archive never see half of one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
