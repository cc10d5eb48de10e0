"""Blocks that are not what the author wrote for the reader: credits, bylines, calls, marks of truncation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from digest.model import Block, BlockKind
from digest.read.blocks import Piece

_TRUNCATED = re.compile(
    r"\s*(?:\[\s*(?:…|\.{3}|&hellip;)\s*\]|\(\s*more\s*…?\s*\)|(?:Continue reading|Read more)\s*(?:→|»|…|\.{3})?)\s*$",
    re.IGNORECASE,
)
_APPEARED = re.compile(
    r"^\s*(?:The|This) (?:post|article|entry|blog)\b.{0,400}\b(?:(?:first )?appeared (?:first )?on|was (?:originally|first) (?:published|posted) (?:on|at|in))\b.{0,200}$",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"^[^\n]{0,120}\.(?:jpe?g|png|gif|webp|svg|tiff?|bmp|heic|mp4|pdf|docx?)$", re.IGNORECASE)
_CREDIT = re.compile(
    r"^\(?\[?(?:(?:cover|header|featured?|lead|main|top)\s+)?(?:images?|photos?|photographs?|pictures?|pics?|illustrations?|graphics?|screenshots?|picture credit|photo credit|image credit|credits?)\s*(?:credits?\s*)?(?::|©|\(c\)|\bby\b|\bvia\b|\bcourtesy\b|\bfrom\b|\bcredit\b).{0,160}$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^(?:written |posted |published |words )?by:? (?P<name>[A-Z][\w’'.-]+(?:[ ,&]+(?:and |the |von |van |de |der |la )*[A-Z][\w’'.-]+){0,7})\s*[,|·–-]?\s*(?:(?:\d{1,2}\w* )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\.? .*)?$"
)
_POSTED = re.compile(
    r"^(?:posted|published|last (?:updated|modified)|updated|filed|written)\s*(?:by|on|in|at|under)?\s*:.{0,200}$|^(?:posted|published|filed) (?:by|on|in|under) .{0,120}[^.!?]$|^(?:tags?|categor(?:y|ies)|topics?|filed under)\s*:? .{0,200}[^.!?]$|^(?:tags?|categor(?:y|ies)|topics?|filed under)\s*:.*$",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"^(?:please |why not |don.t forget to |you can |to )?(?:subscribe|sign up|follow us|follow me|like us|join (?:us|our)|share (?:this|on|via|with)|tweet this|click here|print this|email this|save this|pin it|print friendly|download (?:the )?pdf)\b.{0,160}$"
    r"|\b(?:subscribe (?:to|for) (?:this|our|the|more|updates)|why not subscribe|sign up (?:for|to) (?:our|the|email|e-mail)|(?:our|the|a) (?:free )?(?:weekly |daily |monthly )?newsletter|never miss a post|get (?:the latest|our) .{0,40} (?:inbox|e-?mail)|like this blog\?)\b"
    r"|^(?:tickets|places|booking|registration)\b.{0,100}\b(?:here|now)[.!]?$"
    r"|^(?:read more|see also|see more|read next|more on this|related|recommended|you (?:may|might) also (?:like|enjoy|be interested in))\b\s*:?.{0,140}$",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\b(?:we|this (?:site|website)) uses? (?:\w+ ){0,3}cookies\b|\baccept (?:all )?(?:additional )?cookies\b|\bcookie (?:policy|settings|preferences)\b.{0,80}$|^all rights reserved|^copyright ©|^© ?\d{4}",
    re.IGNORECASE,
)
_TINY = frozenset(
    "share|share this|share this:|share this page|like this:|like|loading...|loading…|print|email|tweet|facebook|twitter|linkedin|pinterest|whatsapp|reddit|"
    "advertisement|advertising|ad|sponsored|story continues below advertisement|sharing and comments|reply|leave a reply|leave a comment|no comments|comments|"
    "older post|newer post|next|previous|next post|previous post|back to top|top|menu|search|skip to content|print friendly and pdf|read more|read more…|more|"
    "continue reading|related|related posts|related content|related articles|recent posts|about the author|subscribe|sign up|follow us|contents|close|play|video|photo|image|home".split(
        "|"
    )
)
_END = re.compile(
    r"^(?:\d+ (?:comments?|responses?|thoughts? on .*)|comments?(?: \(\d+\))?|leave a (?:comment|reply)|related (?:posts?|content|articles?|stories|links|reading)|recent posts|you (?:may|might) also (?:like|enjoy)|more (?:from|on|like) .{0,60}|read next|about the author|share (?:this|this (?:post|page|article))|sharing and comments|recommended|further reading from .*)\s*:?$",
    re.IGNORECASE,
)
_GLUED_ALT = re.compile(
    r"^(?:[A-Z][\w’'-]*[ ]){0,5}(?:logo|photo|image|picture|illustration|screenshot|portrait)(?=[A-Z][a-z]*\s)"
)
_ORIGINAL = re.compile(
    r"^(?:original source|source|view original|via)\s*(?::|–|-)?\s.{0,120}[^.!?]$|^original source\b.{0,120}$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def key(text: str) -> str:
    """What two blocks that say the same have in common: letters and digits, in lower case; "" for what has too few."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))[:200]


def _noise(text: str) -> bool:
    if text.casefold().strip(" .:|") in _TINY or text.casefold() in _TINY:
        return True
    if len(text) > 420:
        return False
    return bool(
        _APPEARED.match(text)
        or _FILE_NAME.match(text)
        or _CREDIT.match(text)
        or _BYLINE.match(text)
        or _POSTED.match(text)
        or _ORIGINAL.match(text)
        or (len(text) < 300 and _CALL.search(text))
        or (len(text) < 400 and _COOKIES.search(text))
    )


def cleaned(pieces: Iterable[Piece], *, title: str = "", repeats: frozenset[str] = frozenset()) -> list[Block]:
    """The blocks without what is not the article's own prose; truncation marks and glued alternative texts cut off."""
    own = key(title)
    blocks: list[Block] = []
    names: list[str] = []
    words = 0
    for piece in pieces:
        block = piece.block
        text = block.text
        if block.kind is not BlockKind.CODE:
            text = _GLUED_ALT.sub("", _TRUNCATED.sub("", text)).strip()
            if not _WORD.search(text):
                continue
            if len(text) < 90 and _END.match(text) and words > 60:
                break
            if byline := _BYLINE.match(text):
                names.append(byline["name"].split(" and ")[0].split(",")[0])
            this = key(text)
            if _noise(text) or this in repeats or (this == own and len(blocks) < 3):
                continue
        words += len(text.split())
        blocks.append(block if text == block.text else Block(block.kind, text, block.level))
    return _trimmed(blocks, names)


def _trimmed(blocks: list[Block], names: list[str]) -> list[Block]:
    """Without what trails an article: a line about the author, notes in brackets, headings with nothing under them."""
    while blocks:
        last = blocks[-1]
        text = last.text
        if last.kind is BlockKind.HEADING:
            blocks.pop()
        elif (
            len(blocks) > 3
            and last.kind is BlockKind.PARAGRAPH
            and (
                (len(text) < 400 and any(text.startswith(name) for name in names))
                or (text.startswith("[") and text.endswith("]"))
                or (len(text) > 100 and not re.search(r"[.!?…:;]", text))
            )
        ):
            blocks.pop()
        else:
            break
    return blocks
