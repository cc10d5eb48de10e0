"""Themes and editions: what an edition holds, what the editor decided, what the preflight found, what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from digest.model.article import Image, Picture
from digest.model.post import AlsoOn, Credit, LeftOut, Media, SourceReport
from digest.week import Week

ELSEWHERE = "elsewhere"


"""The theme of posts that fit none of the newsletter's own: always shown to the editor."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a post belongs, and why."""

    theme: str  # key of a theme, or ELSEWHERE
    because: tuple[str, ...]  # for people: "says “apply by”, “salary”", "source usually comms"
    scores: tuple[tuple[str, float], ...] = ()  # (theme, score in 0–1), best first
    between: tuple[str, ...] = ()  # two themes, where the second is almost as likely as the first
    sure: bool = True  # False where the post may well belong elsewhere: the desk asks for a look


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme as the settings name it."""

    key: str
    title: str
    terms: tuple[
        str, ...
    ] = ()  # words and phrases that speak for it; none for the four built-in ones means the model's


@dataclass(frozen=True, slots=True)
class EditionPost:
    """A post as an edition shows it."""

    id: str
    title: str
    url: str
    source: str
    author: str
    published: datetime
    summary: tuple[str, ...]  # verbatim sentences, in document order; empty in the short list
    summary_method: str
    because: tuple[str, ...]  # why it is here: theme, rank, pin
    also_on: tuple[AlsoOn, ...] = ()
    words: int = 0
    image: Image | None = None
    language: str = ""
    origin: Credit | None = None
    offsets: tuple[tuple[int, int], ...] = ()  # of the summary sentences, in the article's text
    short: bool = False  # title and link only, under "Also this week"
    lead: bool = False  # leads its section
    pinned: bool = False
    late: bool = False
    media: Media | None = None  # what it links to, where that is no web page; sound or film that its feed encloses
    note: str = ""  # the editor's, shown apart from the author's words
    own_title: str = ""  # the source's, where the editor wrote another
    between: tuple[str, ...] = ()  # two themes that it may belong to; () where that is clear, or an editor decided
    sure: bool = True  # False where its theme is doubtful
    picture: Picture | None = None  # what is shown of `image`


@dataclass(frozen=True, slots=True)
class Section:
    theme: str
    title: str
    posts: tuple[EditionPost, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What monthly subscribers get with an edition: the best posts of one month, or of two where a mail is late."""

    months: tuple[str, ...]  # "2019-03", in order
    weeks: tuple[Week, ...]  # of the editions that its posts are from
    sections: tuple[Section, ...]
    lead: str = ""  # the post that comes first of all; "" for none


@dataclass(frozen=True, slots=True)
class Edition:
    """One week's digest: a frozen snapshot, kept per revision."""

    week: Week
    revision: int
    title: str  # of the newsletter
    starts: datetime  # the window: starts <= published < ends
    ends: datetime
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    introduction: str = ""  # Markdown, the editor's
    subject: str = ""  # the editor's own subject; "" lets the template write it
    preheader: str = ""  # the editor's own; "" lets the template write it
    lead: str = ""  # the post that leads the whole edition; "" for none
    month: Month | None = None  # for monthly subscribers; None: they get nothing with this edition

    @property
    def posts(self) -> tuple[EditionPost, ...]:
        return tuple(post for section in self.sections for post in section.posts)

    @property
    def for_monthly(self) -> Edition | None:
        """What monthly subscribers get of it: the month's posts, without the editor's words about the week.

        None where it has no month.
        """
        if self.month is None:
            return None
        sections, lead = self.month.sections, self.month.lead
        return replace(self, sections=sections, lead=lead, introduction="", subject="", preheader="")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the editor decided about one post of one week. Outlives recomposing; moves also teach the themes."""

    post: str
    theme: str = ""  # moved here; "" means not moved
    dropped: str = ""  # the reason it was dropped; "" means not dropped
    held: bool = False  # kept back for the next edition
    pinned: bool = False
    title: str = ""  # the editor's title; "" keeps the post's own
    sentences: tuple[tuple[int, int], ...] = ()  # offsets of the chosen sentences; () keeps the summariser's
    note: str = ""  # the editor's words below the post
    alt: str = ""  # the editor's description of its picture; "" keeps the page's own
    full: bool | None = None  # True: with a summary; False: title only; None: as the limits of the settings say
    brought_in: str = ""  # the editor who brought it in whatever spoke against it; "" for nobody
    no_picture: bool = False  # shown without its picture


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The order that the editor gave to an edition. What it does not name follows, as ranked."""

    themes: tuple[str, ...] = ()  # keys
    posts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ids of posts, by the key of their theme
    lead: str = ""  # the post that comes first of all, and its theme with it


@dataclass(frozen=True, slots=True)
class Evidence:
    """An editor's earlier decision, from which themes learn: this post belongs there."""

    title: str
    text: str
    source: str
    theme: str


class EditionStatus(StrEnum):
    """Where an edition is."""

    DRAFT = "draft"  # composed; every change makes a new revision
    HELD = "held"  # the editor stopped it; nothing is sent until it is approved
    APPROVED = "approved"  # the exact content of one revision may be sent
    SENDING = "sending"  # at least one delivery was claimed
    SENT = "sent"  # no delivery is queued, sending or deferred any more
    SKIPPED = "skipped"  # there is no edition this week; its posts stay accounted for


@dataclass(frozen=True, slots=True)
class EditionMail:
    """An edition as it is sent to one audience (a set of themes and a language), before addressing."""

    subject: str
    preheader: str
    html: str
    text: str
    mjml: str
    shortened: str = ""  # the rule by which summaries were cut to stay under the clipping limit; "" for none


class Severity(StrEnum):
    ERROR = "error"  # blocks approval
    WARNING = "warning"  # needs the editor's tick
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the preflight: what is wrong, where, and how to mend it."""

    severity: Severity
    check: str  # a stable word: "size", "links", "alt", …
    message: str
    remedy: str = ""
    about: str = ""  # where it is mended: "subject", "preheader", "introduction", or the id of a post; "" elsewhere


@dataclass(frozen=True, slots=True)
class Approval:
    week: Week
    revision: int
    fingerprint: str  # sha256 of content, templates, the settings that show, and the audience rule
    by: str
    at: datetime
    number: int = 0  # in the store; 0 for one that is not stored yet
    waits: bool = False  # for another person's, as `[approval] second` asks: nothing is sent yet
