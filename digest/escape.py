"""Foreign text on its way into a mail: cleaned by `digest.text`, and escaped once for every place it can stand in.

MRML writes attributes with Rust's debug escapes (a backslash is doubled, U+FE0F becomes the six letters `\\u{fe0f}`),
so whatever could be escaped that way goes in as a numeric character reference instead. The same form is right in text,
in attributes and in the title, so there is one `escape` and no place to forget it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from markupsafe import Markup

from digest.text import one_line

SLOT_OPEN, SLOT_CLOSE = "⟦", "⟧"
"""Around the name of a slot, such as ⟦unsubscribe⟧. `clean` takes both out of foreign text, so only templates can
write a slot."""

# Case is told apart at the first character, so that the search goes from one of these to the next.
_LOOKS_LIKE_MARKUP = re.compile(
    r"\{(?=[{%#])"  # templates of ours, and merge tags of mail relays
    r"|\\(?=(?i:u)\{)"
    r"|<(?=/?(?i:mj)-|!)|\[(?=(?i:if\b|endif))"  # MJML, comments, Outlook's conditions
    r"|&(?=(?i:amp|lt|gt|quot|apos|nbsp|#\d+|#x[0-9a-f]+);)"
)
_WORD_JOINER = "\u2060"

_WORD_LENGTH = 64  # characters; fits a line of the text part
# Latin, Greek, Cyrillic, Armenian, Hebrew, punctuation and symbols: no letter depends on its neighbour.
_LONG_RUN = re.compile("[!-\u05ff\u1e00-\u1fff\u2010-\u20ff\u2100-\u2bff]{25,}")
_ROOM = 18  # letters of a heading that a phone has room for
# A mark stays with its letter, and a word joiner between the two that it keeps apart.
_PART = re.compile(
    f".{{{_ROOM},}}?(?<!{_WORD_JOINER})(?![{_WORD_JOINER}\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u20d0-\u20ff]|\\Z)"
)

_MAY_NEED_REFERENCE = re.compile(r"[^ !#$%()*+,\-./0-9:;=?@A-Z\[\]^_a-z{|}~]")


def clean(text: str) -> str:
    """Foreign text as one line of visible characters (`digest.text.one_line`) that nothing takes for markup.

    Text that spells out markup or a template tag keeps its look but gets an invisible word joiner in it, so that no
    later program (a relay's merge tags, an Outlook condition, our own check for left-overs) can take it for one.
    """
    text = one_line(text).replace(SLOT_OPEN, "[").replace(SLOT_CLOSE, "]")
    return _LOOKS_LIKE_MARKUP.sub(lambda match: match[0] + _WORD_JOINER, text)


def breakable(text: str) -> str:
    """`text` with words longer than any language's cut short, and places to break in those that no phone has room for.

    Outlook breaks a word nowhere else. Chinese, Japanese and Thai break of themselves, and a break inside a word of
    Arabic or Hindi would change its letters: these stay as they are.
    """
    return _LONG_RUN.sub(lambda match: _broken(match[0]), text)


def _broken(word: str) -> str:
    if len(word) > _WORD_LENGTH:
        word = word[: _WORD_LENGTH - 1].rstrip(_WORD_JOINER) + "…"
    return _PART.sub("\\g<0>\u200b", word)


def escape(text: str) -> Markup:
    """`text` for any place in MJML or HTML: text, quoted attribute, title."""
    return Markup(escaped(text))  # noqa: S704 – this is the escaping function


def escaped(text: str) -> str:
    """The same as a string, for where no template can take it for unescaped."""
    return _MAY_NEED_REFERENCE.sub(_reference, text)


def _reference(match: re.Match[str]) -> str:
    return _character(match[0])


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    # Rust's debug form leaves letters, numbers, punctuation and symbols alone. The halfwidth voiced marks are letters
    # to Unicode, yet extend a grapheme, and are escaped.
    plain = ord(character) >= 0xA0 and unicodedata.category(character)[0] in "LNPS"
    if plain and character not in "\uff9e\uff9f" + SLOT_OPEN + SLOT_CLOSE:
        return character
    return f"&#{ord(character)};"
