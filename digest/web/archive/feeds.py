"""The archive's feeds: Atom and JSON Feed of all editions, Atom of each theme. A correction is an entry of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from digest.escape import clean
from digest.mail.rendering.introduction import introduction
from digest.mail.rendering.template_view import View
from digest.steps.editing.published import PublishedEdition
from digest.store.corrections import CorrectionRow
from digest.text import clip
from digest.web.archive.writer import Writer, timestamp

_ENTRIES = 20  # in a feed; readers have the older ones, and the archive has all


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed."""

    id: str
    title: str
    url: str
    published: str
    updated: str
    summary: str
    html: str


def newest(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that a feed has, of all, which come newest first; the rest is not asked for."""
    return list(islice(entries, _ENTRIES))


def edition_entries(writer: Writer, published: PublishedEdition, values: dict[str, Any]) -> list[Entry]:
    """Return the entries of an edition: its corrections, newest first, and itself. `values` are its page's."""
    edition = published.edition
    place = f"{edition.week}/"
    whole = Entry(
        id=writer.tag(str(edition.week)),
        title=clean(published.mail.subject),
        url=writer.url(place),
        published=timestamp(edition.ends),
        updated=updated(published),
        summary=published.mail.preheader,
        html=writer.write("entry.html.j2", **values).decode(),
    )
    corrections = [_correction(writer, correction, place) for correction in reversed(published.corrections)]
    return [*corrections, whole]


def _correction(writer: Writer, correction: CorrectionRow, place: str) -> Entry:
    text = introduction(correction.text)
    return Entry(
        id=writer.tag(str(correction.mailing)),
        title=clean(correction.subject),
        url=writer.url(f"{place}#correction-{correction.number}"),
        published=timestamp(correction.at),
        updated=timestamp(correction.at),
        summary=clip(" ".join(text.paragraphs), 200),
        html=str(text.html),
    )


def theme_entry(
    writer: Writer, published: PublishedEdition, view: View, folder: str, values: dict[str, Any]
) -> Entry | None:
    """Return the entry of an edition in a theme's feed; None if it has no post of the theme. `view` has only those."""
    posts = [post for section in view.sections for post in section.posts] + list(view.short)
    if not posts:
        return None
    edition = published.edition
    anchor = f"#{view.sections[0].anchor}" if view.sections else ""
    return Entry(
        id=writer.tag(f"{edition.week}/{folder}"),
        title=clip(" · ".join(post.title for post in posts), 120),
        url=writer.url(f"{edition.week}/") + anchor if writer.url("") else "",
        published=timestamp(edition.ends),
        updated=updated(published),
        summary=view.dates,
        html=writer.write("entry.html.j2", **{**values, "edition": view, "introduction": introduction("")}).decode(),
    )


def updated(published: PublishedEdition) -> str:
    return timestamp(max([published.edition.ends, *(correction.at for correction in published.corrections)]))


def atom(writer: Writer, entries: Sequence[Entry], *, place: str = "", title: str = "") -> bytes:
    """Return an Atom feed. `place` is its folder in the archive, "" for the feed of editions."""
    return writer.write(
        "feed.xml.j2",
        feed_id=writer.tag(place.rstrip("/") or "archive"),
        feed_title=title or writer.title,
        self_url=writer.url(f"{place}feed.xml"),
        page_url=writer.url(place),
        updated=max((entry.updated for entry in entries), default="1970-01-01T00:00:00Z"),
        entries=entries,
    )


def json_feed(writer: Writer, entries: Sequence[Entry]) -> bytes:
    """Return the feed of editions as JSON Feed 1.1."""
    design = writer.design
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": writer.title,
        "language": design.language,
    }
    if design.archive_url:
        feed |= {"home_page_url": design.archive_url, "feed_url": f"{design.archive_url}feed.json"}
    feed["items"] = [
        {"id": entry.id}
        | ({"url": entry.url} if entry.url else {})
        | {
            "title": entry.title,
            "summary": entry.summary,
            "content_html": entry.html,
            "date_published": entry.published,
        }
        | ({"date_modified": entry.updated} if entry.updated != entry.published else {})
        for entry in entries
    ]
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()
