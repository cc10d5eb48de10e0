"""Repair trafilatura's text: split lumps where the page has several blocks, and restore missing white space.

On a very short post its last resort reads a whole <article>, or the whole page, as a single paragraph: category,
byline, text and reading time in one. All evidence but the form of the lines is lost by then: prose stays.

Sometimes it drops the blank between a word and a link, or joins the lines of a listing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model import Block, BlockKind
from digest.read.article.blocks import Element, HtmlPiece, pieces_of

_MOST_LUMPS = 3
_ENDED = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*$")
_FEWEST_WORDS = 4
"""Of a line that is prose."""


def split_lumps(pieces: list[HtmlPiece], tree: Element) -> list[HtmlPiece]:
    """Replace each piece that is made of several blocks of the page, `tree`, by the prose among those blocks.

    A last resort gives few pieces, and neither links nor structure.
    """
    if not 0 < len(pieces) <= _MOST_LUMPS or not all(_plain(piece) for piece in pieces):
        return pieces
    page_pieces = [(_letters(piece.block.text), piece) for piece in pieces_of(tree)]
    cut: list[HtmlPiece] = []
    for piece in pieces:
        parts = _parts(_letters(piece.block.text), page_pieces)
        cut += _prose(parts) if len(parts) > 1 else [piece]
    return cut


def restore_spacing(pieces: list[HtmlPiece], page_pieces: Sequence[HtmlPiece]) -> list[HtmlPiece]:
    """Give each piece the text and kind of the page's own piece that has the same letters, if there is one."""
    texts = {piece.block.text for piece in page_pieces}
    if all(piece.block.text in texts for piece in pieces):
        return pieces
    by_letters = {_letters(piece.block.text): piece.block for piece in page_pieces}
    return [
        piece if piece.block.text in texts else _as(by_letters.get(_letters(piece.block.text)), piece)
        for piece in pieces
    ]


def _as(block: Block | None, piece: HtmlPiece) -> HtmlPiece:
    return piece if block is None else HtmlPiece(block, piece.linked, piece.strong)


def _plain(piece: HtmlPiece) -> bool:
    return piece.block.kind is BlockKind.PARAGRAPH and not piece.linked and not piece.strong


def _parts(lump: str, page_pieces: Sequence[tuple[str, HtmlPiece]]) -> list[HtmlPiece]:
    """The page's blocks that stand in the lump, in order, with less than a block's length of something else between."""
    parts, at = [], 0
    for letters, piece in page_pieces:
        start = lump.find(letters, at)
        if 0 <= start <= at + len(letters):
            parts.append(piece)
            at = start + len(letters)
    return parts


def _prose(parts: Sequence[HtmlPiece]) -> list[HtmlPiece]:
    """Whole sentences, and the headings over them."""
    prose: list[HtmlPiece] = []
    for piece in reversed(parts):
        text = piece.block.text
        if piece.block.kind is BlockKind.HEADING:
            if prose and prose[-1].block.kind is not BlockKind.HEADING:
                prose.append(piece)
        elif piece.linked < len(text) / 2 and len(text.split()) >= _FEWEST_WORDS and _ENDED.search(text):
            prose.append(piece)
    return prose[::-1]


def _letters(text: str) -> str:
    return "".join(text.split())
