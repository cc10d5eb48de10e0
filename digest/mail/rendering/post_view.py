"""A post as the e-mail templates see it: every word cleaned, every address checked, nothing of other posts in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.escape import breakable, clean
from digest.mail.rendering.dates import day, minutes
from digest.mail.rendering.design import Design
from digest.mail.rendering.first_person import first_person
from digest.mail.rendering.safe_links import host_without_www, safe_url
from digest.mail.rendering.source_names import short_name
from digest.memory import Memory
from digest.model import EditionPost
from digest.text import clip
from digest.words.language_tags import direction, known_language
from digest.words.media_words import media_line
from digest.words.translations import Translations

_TITLE_LENGTH = 220  # characters of a title that are shown
_SENTENCE_LENGTH = 2_000
_NOTE_LENGTH = 600
_ALT_LENGTH = 300
PICTURE_WIDTH = 576  # pixels of the widest picture in a mail: its text is as wide

_FEED = re.compile(r"(?:\.(?:xml|rss|atom|rdf|json)|/(?:feed|rss|atom))/?$", re.IGNORECASE)
_OTHER_WAY = {"ltr": re.compile("[\u0590-\u08ff]"), "rtl": re.compile("[A-Za-z\u00c0-\u024f\u0370-\u052f]")}
"""Letters that run against a mail's direction."""
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class LinkView:
    text: str
    url: str  # "" for no link


@dataclass(frozen=True, slots=True)
class PictureView:
    url: str
    alt: str  # "" for decoration
    width: int  # pixels as it is shown, at most PICTURE_WIDTH
    height: int
    name: str  # of the file
    full_width: int  # pixels of the file
    full_height: int


@dataclass(frozen=True, slots=True)
class PostView:
    number: int  # 1, 2, 3… through the whole mail; the text part names links by it
    id: str
    title: str
    url: str
    credit: LinkView  # "Civic Weekly, 18 March": whom to credit, linked to the original
    via: str  # the source that republished it, "" where the credit is the source itself
    minutes: int  # of reading; 0 where not known
    summary: str  # the sentences as one paragraph, "" for none
    also_on: tuple[LinkView, ...]
    language: str  # of title and summary; "" where it is the mail's own
    direction: str  # "" where it is the mail's own; "auto" where the text is mixed
    lead: bool  # leads its section
    theme: str  # the title of its theme
    theme_language: str  # "" where it is the mail's own
    media: str = ""  # what it links to that is no web page, or what its feed encloses: "PDF, 2 MB"; "" for most
    note: str = ""  # the editor's own words, in the newsletter's language; no part of the author's
    image: PictureView | None = None
    source: str = ""  # who wrote it, in short, for the line below the title: "GDS"
    date: str = ""  # "18 March"
    original: LinkView = LinkView("", "")  # who wrote it, in full; linked only where that is another page than `url`
    speaker: str = ""  # the name that leads the summary, because it says "I" or "we"; "" for most
    first_sentence: str = ""  # of the summary
    main: bool = False  # leads the whole mail
    first: bool = False  # stands right below the title of its theme


PostViews = Memory[EditionPost, PostView]
"""The views of posts in one design and language, but for their number, theme and place."""


class PostViewer:
    """Makes the views of posts, in one design and language."""

    def __init__(self, design: Design, words: Translations) -> None:
        self._design = design
        self._words = words
        self._short_names = dict(design.short_names)
        own = design.newsletter_language
        self.own_language = "" if known_language(own) == known_language(design.language) else own

    def view(self, post: EditionPost) -> PostView:
        """Number, theme and whether it leads the mail are left to the caller."""
        title = displayable(post.title)
        url = safe_url(post.url)
        sentences = [text for sentence in post.summary if (text := displayable(sentence, _SENTENCE_LENGTH))]
        summary = " ".join(sentences)
        source = displayable(post.source)
        date = day(post.published, self._design.language, self._design.timezone)
        writer, short, original_url, via = source, short_name(post.source, self._short_names), url, ""
        credited = displayable(post.origin.name) if post.origin else ""
        if post.origin and credited:
            writer, short = credited, short_name(post.origin.name, self._short_names)
            original_url = _original_url(safe_url(post.origin.url), url)
            via = source if source != credited else ""
        short = self._isolated(displayable(short))
        others = [(displayable(other.source), safe_url(other.url)) for other in post.also_on]
        language = known_language(post.language)
        if not language:
            foreign = self.own_language
        else:
            foreign = "" if language == known_language(self._design.language) else language
        language_of_summary = language or known_language(self._design.newsletter_language)
        return PostView(
            number=0,
            id=post.id,
            title=title or host_without_www(url) or self._words.text("untitled"),
            url=url,
            credit=LinkView(self._dated(writer, date), original_url),
            via=self._isolated(via),
            minutes=minutes(post.words),
            summary=summary,
            also_on=tuple(
                LinkView(self._isolated(name), other) for name, other in others if name not in (credited, source)
            ),
            language=foreign,
            direction=_direction(foreign, self._design, (title, summary)),
            lead=post.lead,
            theme="",
            theme_language="",
            media=media_line(post.media, self._words),
            note=self._isolated(displayable(post.note, _NOTE_LENGTH)),
            image=self._picture(post),
            source=short,
            date=date,
            original=LinkView(self._isolated(writer), original_url if original_url != url else ""),
            speaker=short if first_person(summary, language_of_summary) else "",
            first_sentence=sentences[0] if sentences else "",
        )

    def _picture(self, post: EditionPost) -> PictureView | None:
        picture = post.picture
        if picture is None or not (self._design.images and self._design.public_url):
            return None
        width = min(PICTURE_WIDTH, picture.width)
        return PictureView(
            url=self._design.picture_url(picture.name),
            alt=displayable(picture.alt, _ALT_LENGTH),
            width=width,
            height=max(1, round(picture.height * width / picture.width)),
            name=picture.name,
            full_width=picture.width,
            full_height=picture.height,
        )

    def _dated(self, source: str, date: str) -> str:
        return self._words.text("dated", source=self._isolated(source), date=date) if source else date

    def _isolated(self, name: str) -> str:
        """A name that runs against the mail's direction takes none of the words and numbers around it along."""
        against = ("L",) if self._design.direction == "rtl" else ("R", "AL")
        if any(unicodedata.bidirectional(character) in against for character in name):
            return f"{_ISOLATE}{name}{_END_OF_ISOLATE}"
        return name


def displayable(text: str, length: int = _TITLE_LENGTH) -> str:
    """Foreign text, clean and of a length that can be shown."""
    return breakable(clip(clean(text), length))


def _original_url(origin: str, post: str) -> str:
    """Where to find the original of a republished post. An aggregator's <source> often names the original's feed."""
    if not origin or host_without_www(origin) == host_without_www(post):
        return post
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}/" if _FEED.search(parts.path) else origin


def _direction(language: str, design: Design, texts: Iterable[str]) -> str:
    if language and direction(language) != design.direction:
        return direction(language)
    return "auto" if any(_OTHER_WAY[design.direction].search(text) for text in texts) else ""
