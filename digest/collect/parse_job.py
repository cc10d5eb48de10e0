"""Parsing one feed, as a job for the worker pool. The process that hands it out does not load the parser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from digest.collect.parsed_feed import NotAFeed, ParsedFeed


@dataclass(frozen=True, slots=True)
class FeedDocument:
    content: bytes
    url: str  # where it came from
    content_type: str
    zone: str = "UTC"  # of the newsletter, as the IANA names it
    source: str = ""  # the source's address as the settings have it; "" where the entries need not be identified
    sketched_since: datetime | None = None  # entries of that date or later get a sketch


def parse_document(document: FeedDocument) -> ParsedFeed | NotAFeed:
    from digest.collect.entry_identity import identify
    from digest.collect.parse_feed import parse

    feed = parse(document.content, url=document.url, content_type=document.content_type, zone=document.zone)
    if isinstance(feed, NotAFeed) or not document.source:
        return feed
    identified = identify(feed.entries, document.source, sketched_since=document.sketched_since)
    return replace(feed, identified=identified)
