"""Remove boilerplate from the pieces of a page: calls, bylines, repeated blocks, what trails the article."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from digest.model import Block, BlockKind
from digest.read.article.blocks import HtmlPiece
from digest.read.article.boilerplate_phrases import BYLINE, END, GLUED_ALT, TRUNCATED, is_noise

_WORD = re.compile(r"\w+")
_SEPARATOR = re.compile(r"\s[|–—·:»-]\s")
_TITLE = 300
"""Characters of a title that are looked at."""
_ENDS_A_SENTENCE = re.compile(r"[.!?…:;。！？]")
_MARK = 40
"""Characters from the end in which a mark of truncation may stand."""
_LONG = 120
"""Characters from which a block counts as prose."""
_FIRST = 3
"""Blocks among which the title may stand again."""
_SAME_WORDS = 0.75
"""Of the longer one's words: how many a heading has to share with a title to be the same in other words."""


@lru_cache(maxsize=8192)
def block_key(text: str) -> str:
    """What two blocks that say the same have in common: letters and digits, in lower case; "" where there are none."""
    start = text[:200]
    return " ".join(_WORD.findall((start if start.isascii() else unicodedata.normalize("NFKC", start)).casefold()))[
        :200
    ]


def remove_boilerplate(
    pieces: Sequence[HtmlPiece], *, titles: Sequence[str] = (), repeats: frozenset[str] = frozenset()
) -> list[Block]:
    """Return the article's own blocks, without truncation marks and alternative texts glued to their beginning.

    `titles` are all that the post is called, by its feed and by its page.
    """
    title_keys = {key for title in titles for key in _title_keys(title) if key}
    following = _prose_after(pieces)
    blocks: list[Block] = []
    names: list[str] = []
    before = 0
    for index, piece in enumerate(pieces):
        block = piece.block
        text = block.text
        if block.kind is not BlockKind.CODE:
            text = _trim_marks(text)
            if not _WORD.search(text):
                continue
            if len(text) < 90 and END.match(text):
                if before > 4 * following[index]:
                    break
                continue
            if len(text) < _LONG and (byline := BYLINE.match(text)):
                names.append(byline["name"].split(" and ")[0].split(",")[0])
            if is_noise(text) or (repeats and block_key(text) in repeats):
                continue
            if len(blocks) < _FIRST and _repeats_title(text, block.kind, title_keys):
                continue
            block = _as_heading(piece, block)
        before += len(text) if len(text) >= _LONG else 0
        blocks.append(block if text == block.text else Block(block.kind, text, block.level))
    return _trim_end(blocks, names)


def _title_keys(title: str) -> list[str]:
    """The key of a title, and of what stands in it before the name of the site: "A register | The Town"."""
    separators = _SEPARATOR.finditer(title, 0, _TITLE)
    return [block_key(title), *(block_key(title[: match.start()]) for match in separators)]


def _repeats_title(text: str, kind: BlockKind, titles: set[str]) -> bool:
    """Whether it is one of the titles or, as a heading, has nearly the words of one."""
    own_key = block_key(text)
    if own_key in titles or kind is not BlockKind.HEADING:
        return own_key in titles
    words = set(own_key.split())
    others = (set(title.split()) for title in titles)
    return any(len(words & other) >= _SAME_WORDS * max(len(words), len(other)) for other in others)


def _as_heading(piece: HtmlPiece, block: Block) -> Block:
    """A short line all in bold is a heading that was not marked as one."""
    if not piece.strong:
        return block
    text = block.text
    if block.kind is BlockKind.PARAGRAPH and len(text) < 90 and text[-1] not in '.!…,;:”"’':
        return Block(BlockKind.HEADING, text, 3)
    return block


def _trim_marks(text: str) -> str:
    """Without a mark of truncation at its end and an alternative text glued to its beginning."""
    if _may_be_truncated(text) and (mark := TRUNCATED.search(text, max(0, len(text) - _MARK))):
        text = text[: mark.start()]
    if glued := GLUED_ALT.match(text):
        text = text[glued.end() :]
    return text.strip()


def _may_be_truncated(text: str) -> bool:
    """Whether the last letter allows it. A sentence that ends in one full stop is whole, and most do."""
    return text.endswith("...") if text.endswith(".") else text[-1:] not in "!?”"


def _prose_after(pieces: Sequence[HtmlPiece]) -> list[int]:
    """For each piece, the characters of prose that follow it."""
    sums = [0] * (len(pieces) + 1)
    for index in range(len(pieces) - 1, -1, -1):
        size = len(pieces[index].block.text)
        prose = size >= _LONG and pieces[index].linked < size / 2
        sums[index] = sums[index + 1] + (size if prose else 0)
    return sums[1:]


def _trim_end(blocks: list[Block], names: list[str]) -> list[Block]:
    """Without what trails an article: a line about the author, notes in brackets, headings over nothing."""
    while blocks:
        last = blocks[-1]
        if last.kind is BlockKind.HEADING or (len(blocks) > 3 and _trails(last, names)):
            blocks.pop()
        else:
            break
    return blocks


def _trails(block: Block, names: list[str]) -> bool:
    text = block.text
    if block.kind is not BlockKind.PARAGRAPH:
        return False
    return (
        (len(text) < 400 and any(text.startswith(name) for name in names))
        or (text.startswith("[") and text.endswith("]"))
        or (len(text) > 100 and not _ENDS_A_SENTENCE.search(re.sub(r"\w\.\w", "", text)))
    )
