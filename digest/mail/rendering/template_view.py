"""What the e-mail templates see: an edition with every word cleaned and every address checked.

Templates get the value `mail`, a `View`. All its strings are plain text, escaped where the template prints them; all
its addresses are safe in an href, or "" where there is to be no link.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from digest.escape import breakable, clean
from digest.mail.rendering.dates import day, minutes, months_named, week_dates
from digest.mail.rendering.design import Accent, Design
from digest.mail.rendering.introduction import Introduction, introduction
from digest.mail.rendering.safe_links import host_without_www, safe_url
from digest.memory import Memory
from digest.model import Edition, EditionPost, Section
from digest.text import clip
from digest.words.language_tags import direction, known_language
from digest.words.media_words import media_line
from digest.words.translations import Translations

_TITLE_LENGTH = 220  # characters of a title that are shown
_SENTENCE_LENGTH = 2_000
_SUBJECT_LENGTH = 78
_NOTE_LENGTH = 600
_ALT_LENGTH = 300
PICTURE_WIDTH = 600  # pixels of the widest picture in a mail
_OWN_PREHEADER_LENGTH = 200  # of one that the editor wrote
_PREHEADER_LENGTH = 120  # inboxes show 40 to 140 characters
_SHORTEST_PREHEADER = 45

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
    lead: bool
    theme: str  # the title of its theme
    theme_language: str  # "" where it is the mail's own
    media: str = ""  # what it links to that is no web page, or what its feed encloses: "PDF, 2 MB"; "" for most
    note: str = ""  # the editor's own words, in the newsletter's language; no part of the author's
    image: PictureView | None = None


@dataclass(frozen=True, slots=True)
class SectionView:
    key: str
    title: str
    language: str  # of the title; "" where it is the mail's own
    anchor: str
    light: Accent
    dark: Accent
    posts: tuple[PostView, ...]
    short: int  # how many more of this theme stand under "Also this week"

    @property
    def count(self) -> int:
        return len(self.posts) + self.short


@dataclass(frozen=True, slots=True)
class View:
    title: str  # of the newsletter
    subject: str  # the editor's own, "" for the template's
    week: str  # "2019-W12"
    week_number: int
    dates: str  # "18–24 March 2019"; "March 2019" of a monthly mail
    year: int
    page_title: str
    preheader: str
    language: str  # of the newsletter's title and the editor's words; "" where it is the mail's own
    direction: str  # the same; "" where it is the mail's own
    introduction: Introduction
    sections: tuple[SectionView, ...]
    short: tuple[PostView, ...]  # "Also this week"
    posts: int
    sources: int  # how many different ones
    web_url: str
    correction: bool = False  # whether it corrects the edition that subscribers have; `introduction` says what is wrong
    is_month: bool = False  # whether it is for monthly subscribers: the best posts of `dates`
    link_on_top: bool = False  # whether `web_url` stands in the masthead, too: see `digest.mail.rendering.render`


PostViews = Memory[EditionPost, PostView]
"""The views of posts in one design and language, but for their number and theme."""


def view_of(
    edition: Edition,
    design: Design,
    words: Translations,
    views: PostViews | None = None,
    *,
    correction: bool = False,
    months: tuple[str, ...] = (),
) -> View:
    """The view of the whole edition, or of what was left of it after choosing themes, to a subscriber of `words`.

    `views` are those of the same design and language: they are used and added to. `months` are those of a monthly mail,
    such as "2019-03".
    """
    builder = _Builder(edition, design, words, Memory(0) if views is None else views)
    sections = tuple(builder.section(section) for section in edition.sections)
    short = tuple(
        builder.post(post, *builder.theme(section))
        for section in edition.sections
        for post in section.posts
        if post.short
    )
    sections, short = _distinct(sections, short)
    week = week_dates(edition.starts, edition.ends, design.language, design.timezone)
    dates = months_named(months, design.language) if months else week
    title = clean(edition.title) or clean(design.title)
    opening = introduction(edition.introduction, _introduction_styles(design))
    change = clip(" ".join(opening.paragraphs), _PREHEADER_LENGTH) if correction else ""
    return View(
        title=title,
        subject=_shown(edition.subject, _SUBJECT_LENGTH),
        week=str(edition.week),
        week_number=edition.week.number,
        dates=dates,
        year=edition.week.year,
        page_title=words.text("subject", title=title, dates=dates),
        preheader=_shown(edition.preheader, _OWN_PREHEADER_LENGTH)
        or change
        or _preheader(sections, short, words.text("subject" if months else "week_of", title=title, dates=dates)),
        language=builder.own_language,
        direction=builder.own_direction,
        introduction=opening,
        sections=sections,
        short=short,
        posts=len(edition.posts),
        sources=len({post.source for post in edition.posts}),
        web_url=safe_url(design.web_url(f"month/{months[-1]}/" if months else str(edition.week))),
        correction=correction,
        is_month=bool(months),
    )


def _introduction_styles(design: Design) -> dict[str, str]:
    indented = "padding:0 {}px 0 0" if direction(design.newsletter_language) == "rtl" else "padding:0 0 0 {}px"
    return {
        "p": "margin:0 0 12px",
        "list": f"margin:0 0 12px;{indented.format(22)}",
        "blockquote": f"margin:0 0 12px;{indented.format(14)}",
        "a": f"color:{design.light.accent.text}",
    }


class _Builder:
    def __init__(self, edition: Edition, design: Design, words: Translations, views: PostViews) -> None:
        self._views = views
        self._design = design
        self._words = words
        own = design.newsletter_language
        self.own_language = "" if known_language(own) == known_language(design.language) else own
        self.own_direction = "" if direction(own) == design.direction else direction(own)
        self._light, self._dark = design.light, design.dark
        self._number = 0
        self._anchors: Counter[str] = Counter()
        self._week = edition.week

    def section(self, section: Section) -> SectionView:
        anchor = "".join(c for c in section.theme.lower() if c.isascii() and (c.isalnum() or c == "-")) or "theme"
        self._anchors[anchor] += 1
        if self._anchors[anchor] > 1:
            anchor += f"-{self._anchors[anchor]}"
        title, language = self.theme(section)
        return SectionView(
            key=section.theme,
            title=title,
            language=language,
            anchor=f"theme-{anchor}",
            light=self._light.theme(section.theme, self._design.themes),
            dark=self._dark.theme(section.theme, self._design.themes),
            posts=tuple(self.post(post, title, language) for post in section.posts if not post.short),
            short=sum(post.short for post in section.posts),
        )

    def theme(self, section: Section) -> tuple[str, str]:
        """The title of a theme, and its language where that is not the mail's own."""
        translated = self._words.theme(section.title)
        return (_shown(translated), "") if translated else (_shown(section.title) or section.theme, self.own_language)

    def post(self, post: EditionPost, theme: str, theme_language: str) -> PostView:
        self._number += 1
        view = self._views.get(post) or self._views.put(post, self._view(post))
        return replace(view, number=self._number, theme=theme, theme_language=theme_language)

    def _view(self, post: EditionPost) -> PostView:
        title = _shown(post.title)
        url = safe_url(post.url)
        summary = " ".join(filter(None, (_shown(sentence, _SENTENCE_LENGTH) for sentence in post.summary)))
        source = _shown(post.source)
        date = day(post.published, self._design.language, self._design.timezone)
        credit, via = LinkView(self._dated(source, date), url), ""
        original = _shown(post.origin.name) if post.origin else ""
        if post.origin and original:
            credit = LinkView(self._dated(original, date), _original_url(safe_url(post.origin.url), url))
            via = source if source != original else ""
        others = [(_shown(other.source), safe_url(other.url)) for other in post.also_on]
        language = known_language(post.language)
        if not language:
            foreign = self.own_language
        else:
            foreign = "" if language == known_language(self._design.language) else language
        return PostView(
            number=0,
            id=post.id,
            title=title or host_without_www(url) or self._words.text("untitled"),
            url=url,
            credit=credit,
            via=self._isolated(via),
            minutes=minutes(post.words),
            summary=summary,
            also_on=tuple(
                LinkView(self._isolated(name), other) for name, other in others if name not in (original, source)
            ),
            language=foreign,
            direction=_direction(foreign, self._design, (title, summary)),
            lead=post.lead,
            theme="",
            theme_language="",
            media=media_line(post.media, self._words),
            note=self._isolated(_shown(post.note, _NOTE_LENGTH)),
            image=self._picture(post),
        )

    def _picture(self, post: EditionPost) -> PictureView | None:
        picture = post.picture
        if picture is None or not self._design.images:
            return None
        width = min(PICTURE_WIDTH, picture.width)
        return PictureView(
            url=self._design.picture_url(picture.name),
            alt=_shown(picture.alt, _ALT_LENGTH),
            width=width,
            height=max(1, round(picture.height * width / picture.width)),
            name=picture.name,
        )

    def _dated(self, source: str, date: str) -> str:
        return self._words.text("dated", source=self._isolated(source), date=date) if source else date

    def _isolated(self, name: str) -> str:
        """A name that runs against the mail's direction takes none of the words and numbers around it along."""
        against = ("L",) if self._design.direction == "rtl" else ("R", "AL")
        if any(unicodedata.bidirectional(character) in against for character in name):
            return f"{_ISOLATE}{name}{_END_OF_ISOLATE}"
        return name


def _original_url(origin: str, post: str) -> str:
    """Where to find the original of a republished post. An aggregator's <source> often names the original's feed."""
    if not origin or host_without_www(origin) == host_without_www(post):
        return post
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}/" if _FEED.search(parts.path) else origin


def _shown(text: str, length: int = _TITLE_LENGTH) -> str:
    """Foreign text, clean and of a length that can be shown."""
    return breakable(clip(clean(text), length))


def _direction(language: str, design: Design, texts: Iterable[str]) -> str:
    if language and direction(language) != design.direction:
        return direction(language)
    return "auto" if any(_OTHER_WAY[design.direction].search(text) for text in texts) else ""


def _distinct(
    sections: tuple[SectionView, ...], short: tuple[PostView, ...]
) -> tuple[tuple[SectionView, ...], tuple[PostView, ...]]:
    """Links that read the same go to the same place (WCAG 2.4.9): a second credit of one day gets its number."""
    seen: dict[str, str] = {}

    def distinct(post: PostView) -> PostView:
        def named(link: LinkView) -> LinkView:
            if link.url and seen.setdefault(link.text.casefold(), link.url) != link.url:
                link = replace(link, text=f"{link.text} ({post.number})")
                seen[link.text.casefold()] = link.url
            return link

        title = named(LinkView(post.title, post.url)).text if post.url else post.title
        credit, also_on = named(post.credit), tuple(map(named, post.also_on))
        if (title, credit, also_on) == (post.title, post.credit, post.also_on):
            return post
        return replace(post, title=title, credit=credit, also_on=also_on)

    return (
        tuple(replace(section, posts=tuple(map(distinct, section.posts))) for section in sections),
        tuple(map(distinct, short)),
    )


def _preheader(sections: tuple[SectionView, ...], short: tuple[PostView, ...], week: str) -> str:
    """What inboxes show beside the subject: the first title of each theme, then the rest, while there is room.

    `week` fills up what is too short: "The Digest, the week of 18–24 March 2019".
    """
    first = [section.posts[0].title for section in sections if section.posts]
    rest = [post.title for section in sections for post in section.posts[1:]] + [post.title for post in short]
    text = ""
    for name in first + rest:
        longer = f"{text} · {name}" if text else clip(name, _PREHEADER_LENGTH)
        if len(longer) > _PREHEADER_LENGTH:
            break
        text = longer
    if len(text) >= _SHORTEST_PREHEADER:
        return text
    return clip(f"{text} · {week}" if text else week, 140)
