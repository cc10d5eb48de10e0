"""Pages, the articles found on them, their sentences and summaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Page:
    """A web page as it was fetched: raw bytes, so that an edition can be rebuilt offline."""

    url: str  # the address asked for
    final_url: str  # after redirects
    content: bytes
    content_type: str  # the header, with charset where the server names one
    fetched_at: datetime
    size: int = 0  # bytes of the whole; 0 where `content` is all of it


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
class Picture:
    """The picture of a post as it was written anew, and is served under `public_url`."""

    name: str  # of the file: a hash of its bytes and their kind, such as "0f3a….jpg"
    width: int  # pixels of the file
    height: int
    size: int  # bytes
    alt: str = ""  # "" where it is decoration


@dataclass(frozen=True)
class Article:
    """The extracted text of a post."""

    blocks: tuple[Block, ...]
    language: str = ""  # BCP 47 primary tag such as "en"; "" where unknown
    method: str = ""  # where the text came from: "feed", "page", "page:second", …
    image: Image | None = None
    wall: str = ""  # what the page shows in place of the post: "a cookie wall"; "" where it shows the post

    @cached_property
    def text(self) -> str:
        """The blocks, separated by blank lines. Offsets of sentences count characters of this."""
        return "\n\n".join(block.text for block in self.blocks)

    @cached_property
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
    method: str  # "learnt", "lead", "whole", "editor", …; "none" where there is no text
