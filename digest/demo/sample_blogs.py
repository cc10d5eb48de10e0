"""The sample blogs, read from `blogs/`.

Each source is a folder with a `source.toml` and a Markdown file a post. The front matter of a post says when it was
published as a weekday and a time ("Tue 09:30"), so that the blogs are always about the week the demo shows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from digest.week import DAYS, Week

ACCENTS = ("#1d4f91", "#00703c", "#7a2c5d", "#8a3b00", "#005f73", "#4b3f8f")


@dataclass(frozen=True, slots=True)
class SamplePost:
    """One post of a sample blog, dated in the demo's week."""

    source: str  # key of its source
    source_name: str
    slug: str
    title: str
    author: str
    published: datetime  # aware
    appears: datetime  # when it can be read: later than `published` where a blog dates it back
    tags: tuple[str, ...]
    html: Markup  # its body

    @property
    def path(self) -> str:
        return f"{self.source}/{self.slug}"

    @property
    def number(self) -> int:
        """The post's number in its blog engine; always the same."""
        return int(sha256(self.path.encode()).hexdigest()[:6], 16)

    @property
    def words(self) -> int:
        return len(self.html.striptags().split())

    @property
    def minutes(self) -> int:
        return max(1, round(self.words / 220))

    @property
    def likes(self) -> int:
        return self.number % 19

    @property
    def day(self) -> str:
        return f"{self.published.day} {self.published:%B %Y}"

    @property
    def rfc822(self) -> str:
        return format_datetime(self.published)

    @property
    def standfirst(self) -> str:
        match = re.search(r"<p>(?!<img)(.*?)</p>", self.html, re.DOTALL)
        return str(Markup(match[1]).striptags()) if match else ""  # noqa: S704 - only to take its tags away

    @property
    def excerpt_html(self) -> Markup:
        """The excerpt in a feed: the opening words, cut inside a sentence as blog engines do."""
        words = self.standfirst.split()
        return Markup("<p>{} […]</p>").format(" ".join(words[:28])) if words else Markup("")


@dataclass(frozen=True, slots=True)
class SampleSource:
    """A sample blog: its page template, and what its feed carries."""

    key: str
    name: str
    about: str
    template: Literal["gov", "press", "canvas", "journal"]
    feed: Literal["rss", "atom"]
    body: Literal["full", "excerpt"]
    theme: str = ""
    short: str = ""  # what the mail calls it beside each post
    appeared_first: bool = False  # its feed ends each entry with "appeared first on"
    moved_from: str = ""  # an old URL of its feed, which redirects permanently
    carries: tuple[str, ...] = ()  # posts of other sources that its feed carries as well
    dead: bool = False  # every URL of it answers 404

    @property
    def accent(self) -> str:
        return ACCENTS[sum(map(ord, self.key)) % len(ACCENTS)]


@cache
def read_blogs(week: Week, zone: ZoneInfo) -> tuple[tuple[SampleSource, ...], tuple[SamplePost, ...]]:
    """All sources, and all posts dated around `week`, newest first."""
    sources, posts = [], []
    for folder in sorted(files("digest.demo").joinpath("blogs").iterdir(), key=lambda entry: entry.name):
        described = folder.joinpath("source.toml")
        if not described.is_file():
            continue
        table: dict[str, Any] = tomllib.loads(described.read_text("utf-8"))
        table["carries"] = tuple(table.get("carries", ()))
        source = SampleSource(key=folder.name, **table)
        sources.append(source)
        posts += [_read_post(file, source, week, zone) for file in folder.iterdir() if file.name.endswith(".md")]
    return tuple(sources), tuple(sorted(posts, key=lambda post: (post.published, post.path), reverse=True))


def _read_post(file: Traversable, source: SampleSource, week: Week, zone: ZoneInfo) -> SamplePost:
    _, front, body = file.read_text("utf-8").split("+++\n", 2)
    matter = tomllib.loads(front)
    published = _moment(matter["when"], week.shift(-matter.get("weeks_ago", 0)), zone)
    if copied := matter.get("copies"):  # the same text on another site, at an address of its own
        _, _, body = files("digest.demo").joinpath("blogs", f"{copied}.md").read_text("utf-8").split("+++\n", 2)
    return SamplePost(
        source=source.key,
        source_name=source.name,
        slug=file.name.removesuffix(".md"),
        title=matter["title"],
        author=matter["author"],
        published=published,
        appears=_moment(matter["appears"], week, zone) if "appears" in matter else published,
        tags=tuple(matter["tags"]),
        html=_render(body, source.key),
    )


def _moment(text: str, week: Week, zone: ZoneInfo) -> datetime:
    """ "Tue 09:30" in a week."""
    day, _, clock = text.partition(" ")
    date = week.monday() + timedelta(days=DAYS.index(day.upper()))
    return datetime.combine(date, time.fromisoformat(clock), zone)


def _render(markdown: str, source: str) -> Markup:
    """Render Markdown as a blog engine does: a picture in its own paragraph becomes a figure with a caption."""
    html = MarkdownIt("commonmark").render(markdown)
    html = re.sub(r'(<img src=")', rf"\1/{source}/images/", html)
    html = re.sub(
        r'<p>(<img src="[^"]*" alt="[^"]*") title="([^"]*)" />\s*</p>',
        r'<figure>\1 width="960" height="540"><figcaption>\2</figcaption></figure>',
        html,
    )
    return Markup(html)  # noqa: S704 - our own texts, rendered without raw HTML


def picture(name: str) -> str:
    """Draw a picture for a post from its name: hills under a sky."""
    seed = sha256(name.encode()).digest()
    hue = seed[0] * 360 // 256
    hills = "".join(
        f'<path d="M0 {340 + 60 * i} Q {200 + seed[i] * 2} {180 + seed[i + 4]} 960 {300 + 70 * i} V540 H0Z" '
        f'fill="hsl({(hue + 25 * i) % 360} 35% {62 - 14 * i}%)"/>'
        for i in range(4)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 540" width="960" height="540">'
        f'<rect width="960" height="540" fill="hsl({hue} 45% 86%)"/><circle cx="{120 + seed[9] * 3}" cy="130" r="56" '
        f'fill="hsl({(hue + 40) % 360} 70% 78%)"/>{hills}</svg>'
    )


def tail(source: SampleSource, post: SamplePost, base: str) -> Markup:
    """Return the line that some feeds add below each entry."""
    if not source.appeared_first:
        return Markup("")
    link = Markup('<a href="{}">{}</a>')
    return Markup("<p>The post {} appeared first on {}.</p>").format(
        link.format(f"{base}/{post.path}", post.title), link.format(f"{base}/{source.key}/", source.name)
    )


def escape_again(value: str) -> Markup:
    """Escape HTML once more for XML."""
    return escape(str(value))


def in_feed(source: SampleSource, posts: Sequence[SamplePost]) -> list[SamplePost]:
    return [post for post in posts if post.source == source.key or post.path in source.carries]
