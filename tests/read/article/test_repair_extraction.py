"""Text that extraction has merged is split where the page has blocks; other text stays as it was."""

from __future__ import annotations

from typing import Any

import pytest

from digest.model import Block, BlockKind
from digest.read.article.blocks import HtmlPiece, pieces_of
from digest.read.article.dom import parse
from digest.read.article.repair_extraction import restore_spacing, split_lumps

SENTENCES = ["The shed has a new key.", "Ask Robin for yours before the end of March."]


def lump(text: str) -> HtmlPiece:
    return HtmlPiece(Block(BlockKind.PARAGRAPH, text), 0, strong=False)


def tree(html: str) -> Any:
    return parse(f"<html><body>{html}</body></html>")


@pytest.mark.parametrize("tag", ["p", "div", "section"])
def test_merged_prose_is_split_at_the_blocks_of_the_page(tag: str) -> None:
    body = "".join(f"<{tag}>{text}</{tag}>" for text in SENTENCES)
    page = tree(f"<div>Notices</div><h1>A shed</h1><h2>Keys</h2>{body}<h2>Share</h2><div>Robin Example — 3 May</div>")
    whole = " ".join(["Notices A shed Keys", *SENTENCES, "Share Robin Example — 3 May"])
    assert [piece.block.text for piece in split_lumps([lump(whole)], page)] == ["Keys", *SENTENCES]


def test_blocks_of_the_page_stay_as_they_are() -> None:
    page = tree("".join(f"<p>{text}</p>" for text in SENTENCES))
    assert split_lumps(pieces_of(page), page) == pieces_of(page)


def test_merged_text_that_is_not_on_the_page_stays() -> None:
    pieces = [lump("Something that only the page's data say.")]
    assert split_lumps(pieces, tree("<p>Please switch on JavaScript.</p><p>Thank you.</p>")) == pieces


def test_text_is_spaced_as_the_page_spaces_it() -> None:
    page_pieces = pieces_of(
        tree("<p>Everyone <b>will</b> dig, says <a href='/x'>Robin</a> today.</p><pre>dig(1)\ndig(2)</pre>")
    )
    pieces = [lump("Everyone willdig, saysRobin today."), lump("dig(1) dig(2)"), lump("And more.")]
    spaced = restore_spacing(pieces, page_pieces)
    assert [piece.block.text for piece in spaced] == [
        "Everyone will dig, says Robin today.",
        "dig(1)\ndig(2)",
        "And more.",
    ]
    assert spaced[1].block.kind is BlockKind.CODE
    assert spaced[2] is pieces[2]
