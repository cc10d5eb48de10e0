"""What reading a feed gives. Apart from `parse_feed`, so that the process that fetches need not load the parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.collect.entry_identity import Identified
from digest.model import Entry


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    title: str
    entries: tuple[Entry, ...]
    partial: bool = False  # some entries could not be used; the reason says what
    reason: str = ""  # for people: what could not be used, of entries or of their dates
    site: str = ""  # address of the site that the feed belongs to
    language: str = ""  # BCP 47
    ttl: float | None = None  # seconds for which the feed says that asking again is of no use
    version: str = ""  # "rss20", "atom10", "json", …
    left_out: Mapping[str, int] = field(default_factory=dict)  # entries that were not used: how many, by reason
    identified: tuple[Identified, ...] = ()  # the entries as those of a source, where it was named

    @property
    def total(self) -> int:
        """How many entries the feed has, used or not."""
        return len(self.entries) + sum(self.left_out.values())


@dataclass(frozen=True, slots=True)
class NotAFeed:
    reason: str  # for people
    is_page: bool = False  # a web page: it may name its feed
