"""Foreign text on its way into a mail: cleaned, made harmless, and escaped once for every place it can stand in.

MRML writes attributes with Rust's debug escapes (a backslash is doubled, U+FE0F becomes the six letters `\\u{fe0f}`),
so whatever could be escaped that way goes in as a numeric character reference instead. The same form is right in text,
in attributes and in the title, so there is one `escape` and no place to forget it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from markupsafe import Markup

SLOT_OPEN, SLOT_CLOSE = "⟦", "⟧"
"""Around the name of a slot, such as ⟦unsubscribe⟧. `clean` takes both out of foreign text, so only templates can
write a slot."""

_SPACES = re.compile(r"[ \t\n\r\f\v\x1c-\x1f\x85\u1680\u2000-\u200a\u2028\u2029\u205f\u3000]+")
_NO_CHARACTERS = "".join(chr(plane * 0x10000 + end) for plane in range(1, 15) for end in (0xFFFE, 0xFFFF))
_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u2060-\u2065\u206a-\u206f"  # invisible
    "\u3164\ufeff\uffa0\ufff0-\ufffb"  # invisible, too
    "\u202a-\u202e\u2066-\u2069"  # would turn the direction of what follows
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: a different glyph on every machine
    f"\ud800-\udfff\ufdd0-\ufdef\ufffc-\uffff{_NO_CHARACTERS}"
    "]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e0fff]+"  # tags, but for those of a flag
)
_MARKS_IN_A_ROW = 6  # more on one letter is decoration that runs over the lines above and below

_LOOKS_LIKE_MARKUP = re.compile(
    r"\{(?=[{%#])"  # templates of ours, and merge tags of mail relays
    r"|\\(?=u\{)"
    r"|<(?=/?mj-|!)|\[(?=if\b|endif)"  # MJML, comments, Outlook's conditions
    r"|&(?=(?:amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-f]+);)",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"

_WORD_LENGTH = 64  # characters; fits a line of the text part
_LONG_WORD = re.compile(r"[^ \u200b]{25,}")
_ROOM = 18  # letters of a heading that a phone has room for

_MAY_NEED_REFERENCE = re.compile(r"[^ !#$%()*+,\-./0-9:;=?@A-Z\[\]^_a-z{|}~]")


def clean(text: str) -> str:
    """Foreign text as one line of visible characters.

    Text that spells out markup or a template tag keeps its look but gets an invisible word joiner in it, so that no
    later program (a relay's merge tags, an Outlook condition, our own check for left-overs) can take it for one.
    """
    text = _SPACES.sub(" ", text)
    if not text.isascii():
        text = _UNWANTED.sub("", text).replace(SLOT_OPEN, "[").replace(SLOT_CLOSE, "]")
        text = _limit_marks(text)
    else:
        text = _UNWANTED.sub("", text)
    text = _SPACES.sub(" ", text).strip(" ")
    return _LOOKS_LIKE_MARKUP.sub(lambda found: found[0] + _WORD_JOINER, text)


def clip(text: str, length: int) -> str:
    """`text`, cut at a word and ended with "…" when it is longer than `length` characters."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    space = head.rfind(" ")
    return (head[:space] if space > length * 0.6 else head).rstrip(" ,;:.–-") + "…"


def breakable(text: str) -> str:
    """`text` with words longer than any language's cut short, and places to break in those that no phone has room for.

    Outlook breaks a word nowhere else. Runs of Chinese or Japanese break of themselves.
    """
    return _LONG_WORD.sub(lambda found: _broken(found[0]), text)


def _broken(word: str) -> str:
    if any(unicodedata.east_asian_width(character) in "WF" for character in word):
        return word
    if len(word) > _WORD_LENGTH:
        word = word[: _WORD_LENGTH - 1] + "…"
    return "\u200b".join(word[at : at + _ROOM] for at in range(0, len(word), _ROOM))


def escape(text: str) -> Markup:
    """`text` for any place in MJML or HTML: text, quoted attribute, title."""
    return Markup(_MAY_NEED_REFERENCE.sub(_reference, text))  # noqa: S704 – this is the escaping function


def _reference(found: re.Match[str]) -> str:
    return _character(found[0])


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    # Rust's debug form leaves letters, numbers, punctuation and symbols alone. The halfwidth voiced marks are letters
    # to Unicode, yet extend a grapheme, and are escaped.
    plain = ord(character) >= 0xA0 and unicodedata.category(character)[0] in "LNPS"
    if plain and character not in "\uff9e\uff9f" + SLOT_OPEN + SLOT_CLOSE:
        return character
    return f"&#{ord(character)};"


def _limit_marks(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)
