"""The values that flow through Digest, and the words for them.

Every value is frozen and slotted. Times are aware and in UTC. Each stage of the path has a value of its own, so that a
half-filled one cannot be written: an unsummarised post is an `Article`, never a summary that is `None`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ELSEWHERE = "elsewhere"
"""The theme of posts that fit none of the newsletter's own: always shown to the editor."""


# --- Collecting: what the web said ------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Credit:
    """The original of a republished post: an aggregator's <source>, or an "Original source" line."""

    name: str
    url: str


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


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One line of the collecting report."""

    name: str
    feed: str
    outcome: Outcome
    reason: str = ""  # for people: what happened and what to do
    entries: int = 0  # entries the feed showed
    new: int = 0  # posts not seen before
    moved_to: str = ""  # the feed's new address, proposed for the settings file
    seconds: float = 0.0


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
    late: bool = False  # published before the edition's window, first seen within it


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A post of the week that is not in the edition, and why."""

    post: str
    title: str
    url: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """A web page as it was fetched: raw bytes, so that an edition can be rebuilt offline."""

    url: str  # the address asked for
    final_url: str  # after redirects
    content: bytes
    content_type: str  # the header, with charset where the server names one
    fetched_at: datetime


# --- Reading: what the post says --------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    """What a block of an article is; the reading pane shows it as such, the summariser treats it as such."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list-item"
    QUOTE = "quote"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    text: str  # one line of clean text; line breaks only in code
    level: int = 0  # of a heading: 1–6


@dataclass(frozen=True, slots=True)
class Image:
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """The extracted text of a post."""

    blocks: tuple[Block, ...]
    language: str = ""  # BCP 47 primary tag such as "en"; "" where unknown
    method: str = ""  # where the text came from: "feed", "page", "page:second", …
    image: Image | None = None

    @property
    def text(self) -> str:
        """The blocks, separated by blank lines. Offsets of sentences count characters of this."""
        return "\n\n".join(block.text for block in self.blocks)

    @property
    def words(self) -> int:
        return sum(len(block.text.split()) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verbatim piece of an article: `article.text[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Summary:
    sentences: tuple[Sentence, ...]  # in document order
    method: str  # "lexrank+position", "lead", "whole", "editor", …; "none" where there is no text


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a post belongs, and why."""

    theme: str  # key of a theme, or ELSEWHERE
    because: tuple[str, ...]  # for people: "says “apply by”, “salary”", "source usually comms"
    scores: tuple[tuple[str, float], ...] = ()  # (theme, score in 0–1), best first


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme as the settings name it."""

    key: str
    title: str
    terms: tuple[
        str, ...
    ] = ()  # words and phrases that speak for it; none for the four built-in ones means the model's


# --- Editing: the week's digest ---------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Section:
    theme: str
    title: str
    posts: tuple[EditionPost, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """One week's digest: a frozen snapshot, kept per revision."""

    week: str
    revision: int
    title: str  # of the newsletter
    starts: datetime  # the window: starts <= published < ends
    ends: datetime
    sections: tuple[Section, ...]
    left_out: tuple[LeftOut, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    introduction: str = ""  # Markdown, the editor's
    subject: str = ""  # the editor's own subject; "" lets the template write it

    @property
    def posts(self) -> tuple[EditionPost, ...]:
        return tuple(post for section in self.sections for post in section.posts)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the editor decided about one post of one week. Outlives recomposing; moves also teach the themes."""

    post: str
    theme: str = ""  # moved here; "" means not moved
    dropped: str = ""  # the reason it was dropped; "" means not dropped
    held: bool = False  # kept back for the next edition
    pinned: bool = False
    position: int | None = None  # within its section; None lets the ranking decide
    title: str = ""  # the editor's title; "" keeps the post's own
    sentences: tuple[tuple[int, int], ...] = ()  # offsets of the chosen sentences; () keeps the summariser's


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


# --- Mailing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rendered:
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


@dataclass(frozen=True, slots=True)
class Approval:
    week: str
    revision: int
    fingerprint: str  # sha256 of content, templates, the settings that show, and the audience rule
    by: str
    at: datetime


class SubscriberStatus(StrEnum):
    PENDING = "pending"  # asked to subscribe, has not confirmed
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"  # unsubscribed; stays on the suppression list


@dataclass(frozen=True, slots=True)
class Subscriber:
    id: int
    email: str
    name: str = ""
    themes: tuple[str, ...] = ()  # () means all of them
    language: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE


class Standing(StrEnum):
    """What a reader's status and the suppression list come to."""

    PENDING = "pending"
    ACTIVE = "active"  # gets the next edition
    PAUSED = "paused"
    LEFT = "left"
    SUPPRESSED = "suppressed"  # active or paused, but on the suppression list: gets nothing


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscriber as lists show them."""

    id: int
    email: str
    name: str
    themes: tuple[str, ...]  # () means all of them
    language: str
    status: Standing
    reason: str = ""  # why the address is on the suppression list; "" where it is not


class DeliveryState(StrEnum):
    """Where one edition to one subscriber is. Invariant: candidates = the sum of the counts over all states."""

    QUEUED = "queued"  # waits to be claimed
    SENDING = "sending"  # claimed and committed; the SMTP conversation may be under way
    SENT = "sent"  # the server took it (2xx after DATA)
    DEFERRED = "deferred"  # the server said "not now" (4xx, 552); tried again until the deadline
    FAILED = "failed"  # the server said "never" (5xx), or the deadline passed
    UNCERTAIN = "uncertain"  # interrupted between DATA and the reply; never sent again by itself
    SUPPRESSED = "suppressed"  # on the suppression list when its turn came; nothing was sent


@dataclass(frozen=True, slots=True)
class Reply:
    """What the SMTP server answered."""

    code: int  # 0 where the server said nothing
    enhanced: str = ""  # "5.1.1"
    text: str = ""
    queue_id: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    week: str
    subscriber: int
    email: str
    state: DeliveryState
    attempts: int
    message_id: str
    reply: Reply | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one sender holds, with what addresses its message."""

    id: int
    week: str
    subscriber: int
    email: str
    name: str
    themes: tuple[str, ...]  # () means all
    language: str
    attempts: int  # before this one
    first_at: datetime  # when the first attempt began
    message_id: str = ""  # as the ledger has it; "" for a claim that is only tried out


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed delivery."""

    id: int
    state: DeliveryState  # sent, deferred, failed, uncertain or suppressed
    reply: Reply
    not_before: datetime | None = None  # when a deferred one is due again


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """What one step of the ledger brought."""

    claims: tuple[Claim, ...]
    suppressed: int  # readers who left between queueing and claiming
    empty: frozenset[str]  # the lanes in which fewer wait than were wanted: `digest.mail.lanes`


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How many deliveries of an edition are in each state."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0
    suppressed: int = 0

    @property
    def candidates(self) -> int:
        return self.queued + self.sending + self.sent + self.deferred + self.failed + self.uncertain + self.suppressed

    @property
    def equation(self) -> str:
        """The invariant in words: "12 readers = 11 sent + 1 suppressed"."""
        names = ("sent", "deferred", "failed", "uncertain", "suppressed", "sending", "queued")
        parts = [f"{getattr(self, name)} {name}" for name in names if getattr(self, name)]
        return f"{self.candidates} readers = {' + '.join(parts)}" if parts else "no deliveries yet"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What an import made of one row of the CSV file."""

    row: int  # 1-based line of the file
    email: str
    verdict: str  # added, updated, unchanged, suppressed, invalid, duplicate
    reason: str = ""
