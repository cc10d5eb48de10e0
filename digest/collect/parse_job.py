"""Parsing one feed, as a job for the worker pool. The process that hands it out does not load the parser."""

from __future__ import annotations

from dataclasses import dataclass

from digest.collect.parsed_feed import NotAFeed, ParsedFeed


@dataclass(frozen=True, slots=True)
class FeedDocument:
    content: bytes
    url: str  # where it came from
    content_type: str
    zone: str = "UTC"  # of the newsletter, as the IANA names it


def parse_document(document: FeedDocument) -> ParsedFeed | NotAFeed:
    from digest.collect.parse_feed import parse

    return parse(document.content, url=document.url, content_type=document.content_type, zone=document.zone)
