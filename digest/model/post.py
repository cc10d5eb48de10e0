"""Sources, what their feeds say, and the posts made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.model.quick_pickle import quick_pickle


class Outcome(StrEnum):
    """How the last visit to a source went."""

    OK = "ok"  # the feed was fetched and read whole
    UNCHANGED = "unchanged"  # the server said that nothing is new (or it is too early to ask again)
    PARTIAL = "partial"  # the feed was broken; the entries that are whole were used
    GONE = "gone"  # the server says that the feed is gone for good (410)
    ERROR = "error"  # nothing usable came; the reason says what and what to do


@dataclass(frozen=True, slots=True)
class Source:
    """A feed that the digest follows, as the settings name it."""

    name: str
    feed: str
    site: str = ""
    theme: str = ""  # the theme its posts usually belong to; evidence, not a command
    selector: str = ""  # CSS selector of the article on the source's pages
    active: bool = True
    short: str = ""  # what a mail calls it beside a post; "" shortens the name


@dataclass(frozen=True, slots=True)
class Credit:
    """The original of a republished post: an aggregator's <source>, or an "Original source" line."""

    name: str
    url: str


class MediaKind(StrEnum):
    """What a post is, or links to, where that is no web page."""

    PODCAST = "podcast"  # a sound that the feed itself encloses
    AUDIO = "audio"
    VIDEO = "video"
    PDF = "PDF"
    IMAGE = "image"
    DOCUMENT = "document"  # of an office program
    TEXT = "text"
    DATA = "data"
    FILE = "file"  # anything else


@dataclass(frozen=True, slots=True)
class Media:
    """A file in the place of a web page, or beside it."""

    kind: MediaKind
    size: int = 0  # bytes; 0 where not known
    seconds: int = 0  # of sound or film; 0 where not known


@quick_pickle
@dataclass(frozen=True, slots=True)
class Entry:
    """What one feed said about one post. Text is plain and clean; html is foreign and untouched."""

    uid: str  # the feed's own id, else its address, else a hash of what it says
    url: str  # absolute http(s) address, or "" where the feed gives none
    title: str
    html: str  # the fullest content the feed carries; may be an excerpt
    author: str = ""
    published: datetime | None = None  # None where the feed does not say or says nonsense
    updated: datetime | None = None
    language: str = ""  # BCP 47, as the feed says
    image: str = ""  # absolute address of the entry's own image
    origin: Credit | None = None
    media: Media | None = None  # sound or film that the feed encloses


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One line of the collecting report."""

    name: str
    feed: str
    outcome: Outcome
    reason: str = ""  # for people: what happened and what to do
    entries: int = 0  # entries the feed showed: those that are new, known and left out
    new: int = 0  # posts not seen before, those in quarantine among them
    moved_to: str = ""  # the feed's new address, proposed for the settings file
    seconds: float = 0.0
    known: int = 0  # posts seen before
    quarantined: int = 0  # new posts that are kept out of editions until the editor pins them
    left_out: Mapping[str, int] = field(
        default_factory=dict
    )  # entries that are no post of their own: how many, by reason


@dataclass(frozen=True, slots=True)
class AlsoOn:
    """Another source that carries the same post."""

    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Post:
    """One piece of writing, however many feeds carry it."""

    id: str  # 16 hex digits, from the canonical address; stable for ever
    url: str
    title: str
    source: str  # the name of the source it is credited to
    published: datetime  # as published, else when first seen
    first_seen: datetime
    html: str  # what the feed carries
    dated: bool = True  # False where `published` is when it was first seen
    author: str = ""
    language: str = ""
    image: str = ""
    origin: Credit | None = None
    also_on: tuple[AlsoOn, ...] = ()
    media: Media | None = None  # sound or film that its feed encloses
    late: bool = False  # published before the edition's window, first seen within it


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A post of the week that is not in the edition, and why."""

    post: str
    title: str
    url: str
    source: str
    reason: str
