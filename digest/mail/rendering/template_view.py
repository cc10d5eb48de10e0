"""What the e-mail templates see: an edition with every word cleaned and every address checked.

Templates get the value `mail`, a `View`. All its strings are plain text, escaped where the template prints them; all
its addresses are safe in an href, or "" where there is to be no link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from digest.escape import clean
from digest.mail.rendering.dates import day, full_date, months_named, week_dates
from digest.mail.rendering.design import Accent, Design
from digest.mail.rendering.introduction import Introduction, introduction
from digest.mail.rendering.post_view import LinkView, PostView, PostViewer, PostViews, displayable
from digest.mail.rendering.safe_links import safe_url
from digest.mail.rendering.top_stories import top_stories
from digest.memory import Memory
from digest.model import ELSEWHERE, Edition, EditionPost, Section
from digest.text import clip
from digest.words.language_tags import direction
from digest.words.translations import Translations

_SUBJECT_LENGTH = 78
_OWN_PREHEADER_LENGTH = 200  # of one that the editor wrote
_PREHEADER_LENGTH = 120  # inboxes show 40 to 140 characters
_SHORTEST_PREHEADER = 45

_POSTS_OF_A_LONG_MAIL = 12  # whose first screen names the top stories
_POSTS_OF_A_LIST = 6  # from which on the compact look begins with them


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
    date: str  # "Monday 25 March 2019": the day on which its week has closed
    day: str  # the same, without the year: "25 March"
    purpose: str  # the newsletter's, one line; "" for none
    year: int
    page_title: str
    preheader: str
    language: str  # of the newsletter's title and the editor's words; "" where it is the mail's own
    direction: str  # the same; "" where it is the mail's own
    introduction: Introduction
    sections: tuple[SectionView, ...]
    short: tuple[PostView, ...]  # "Also this week"
    lead: PostView | None  # the post that leads the mail, the first of the first section; None where there is none
    top: tuple[PostView, ...]  # the stories that a long mail names on its first screen; () for most
    posts: int
    sources: int  # how many different ones
    web_url: str
    correction: bool = False  # whether it corrects the edition that subscribers have; `introduction` says what is wrong
    is_month: bool = False  # whether it is for monthly subscribers: the best posts of `dates`
    link_on_top: bool = False  # whether `web_url` stands in the masthead, too: see `digest.mail.rendering.render`


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
    builder = _Builder(design, words, Memory(0) if views is None else views)
    sections = tuple(builder.section(section) for section in edition.sections)
    short = tuple(
        builder.post(post, *builder.theme(section))
        for section in edition.sections
        for post in section.posts
        if post.short
    )
    sections, short = _distinct(sections, short)
    # A theme without a summary says little: it does not stand before the lead.
    sections = tuple(sorted(sections, key=lambda section: not section.posts))
    top = _top(sections, len(edition.posts), compact=design.look == "compact")
    if top and design.look != "compact":
        sections = _first_marked_after_lead(sections)
    week = week_dates(edition.starts, edition.ends, design.language, design.timezone)
    dates = months_named(months, design.language) if months else week
    title = clean(edition.title) or clean(design.title)
    opening = introduction(edition.introduction, _introduction_styles(design))
    change = clip(" ".join(opening.paragraphs), _PREHEADER_LENGTH) if correction else ""
    return View(
        title=title,
        subject=displayable(edition.subject, _SUBJECT_LENGTH),
        week=str(edition.week),
        week_number=edition.week.number,
        dates=dates,
        date=full_date(edition.ends, design.language, design.timezone),
        day=day(edition.ends, design.language, design.timezone),
        purpose=displayable(design.purpose),
        year=edition.week.year,
        page_title=words.text("subject", title=title, dates=dates),
        preheader=displayable(edition.preheader, _OWN_PREHEADER_LENGTH)
        or change
        or _preheader(sections, short, words.text("subject" if months else "week_of", title=title, dates=dates)),
        language=builder.own_language,
        direction=builder.own_direction,
        introduction=opening,
        sections=sections,
        short=short,
        lead=next((post for section in sections for post in section.posts), None),
        top=top,
        posts=len(edition.posts),
        sources=len({post.source for post in edition.posts}),
        web_url=safe_url(design.web_url(f"month/{months[-1]}/" if months else str(edition.week))),
        correction=correction,
        is_month=bool(months),
    )


def _first_marked(posts: Iterable[PostView]) -> tuple[PostView, ...]:
    return tuple(replace(post, first=True) if place == 0 else post for place, post in enumerate(posts))


def _first_marked_after_lead(sections: tuple[SectionView, ...]) -> tuple[SectionView, ...]:
    """The top stories stand below the lead, and the title of its theme is said again after them."""
    first, *others = sections
    posts = (*first.posts[:1], *_first_marked(first.posts[1:]))
    return (replace(first, posts=posts), *others)


def _top(sections: tuple[SectionView, ...], posts: int, *, compact: bool) -> tuple[PostView, ...]:
    if posts < (_POSTS_OF_A_LIST if compact else _POSTS_OF_A_LONG_MAIL):
        return ()
    lines = [section.posts for section in sections]
    of_themes = [section.posts for section in sections if section.key != ELSEWHERE]
    return top_stories(of_themes, with_lead=compact) or top_stories(lines, with_lead=compact)


def _introduction_styles(design: Design) -> dict[str, str]:
    indented = "padding:0 {}px 0 0" if direction(design.newsletter_language) == "rtl" else "padding:0 0 0 {}px"
    return {
        "p": "margin:0 0 12px",
        "list": f"margin:0 0 12px;{indented.format(22)}",
        "blockquote": f"margin:0 0 12px;{indented.format(14)}",
        "a": f"color:{design.light.accent.text}",
    }


class _Builder:
    def __init__(self, design: Design, words: Translations, views: PostViews) -> None:
        self._views = views
        self._design = design
        self._words = words
        self._viewer = PostViewer(design, words)
        own = design.newsletter_language
        self.own_language = self._viewer.own_language
        self.own_direction = "" if direction(own) == design.direction else direction(own)
        self._light, self._dark = design.light, design.dark
        self._number = 0
        self._has_lead = False
        self._anchors: Counter[str] = Counter()

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
            posts=_first_marked(self.post(post, title, language) for post in section.posts if not post.short),
            short=sum(post.short for post in section.posts),
        )

    def theme(self, section: Section) -> tuple[str, str]:
        """The title of a theme, and its language where that is not the mail's own."""
        translated = self._words.theme(section.title)
        return (
            (displayable(translated), "")
            if translated
            else (displayable(section.title) or section.theme, self.own_language)
        )

    def post(self, post: EditionPost, theme: str, theme_language: str) -> PostView:
        self._number += 1
        view = self._views.get(post) or self._views.put(post, self._viewer.view(post))
        main = not self._has_lead and not post.short
        self._has_lead = self._has_lead or main
        return replace(view, number=self._number, theme=theme, theme_language=theme_language, main=main)


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
        credit, original, also_on = named(post.credit), named(post.original), tuple(map(named, post.also_on))
        if (title, credit, original, also_on) == (post.title, post.credit, post.original, post.also_on):
            return post
        return replace(post, title=title, credit=credit, original=original, also_on=also_on)

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
