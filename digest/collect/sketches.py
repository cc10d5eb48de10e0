"""What stands for a text where texts are compared: a sketch of it, and a hash of its words. Pure.

Both are made in the worker that parsed the feed, so this module imports no more than that worker needs.
"""

from __future__ import annotations

import hashlib
import html as entities
import re
import struct
import zlib

TELLING = 200
"""Characters of words from which on the same text can only be the same post."""
_COMPARED = 4_000  # characters
_LOOKED_AT = 50_000  # characters of html
_RUN = 5  # words
_SKETCH = 12  # runs that stand for a text
_START = 3  # runs of its beginning
_VERSION = b"\x01"
"""Of how sketches are made; one that starts otherwise is made again."""


def plain(html: str) -> str:
    """Lower-case text, tags gone: for comparing, not for showing."""
    return entities.unescape(re.sub(r"<[^<>]*>", " ", html[:_LOOKED_AT])).casefold()


def words_of(html: str) -> str:
    """The words of a text, in lower case with single spaces: without markup, addresses and images."""
    return words_in(plain(html))


def words_in(text: str) -> str:
    """The words of plain text, with single spaces."""
    return " ".join(re.findall(r"\w+", text))


def title_key(title: str) -> str:
    """What two spellings of one title share."""
    return words_in(title.casefold())


def compared(html: str) -> str:
    """The beginning of a text as words with single spaces: what is compared."""
    return words_in(plain(html)[:_COMPARED])


def text_hash(html: str) -> str:
    """A hash of the words; "" where they are too few to tell one post from another."""
    return hash_of_plain(plain(html))


def hash_of_plain(text: str) -> str:
    """`text_hash` of what `plain` has made of the html."""
    words = words_in(text)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest() if len(words) >= TELLING else ""


def sketch(html: str) -> bytes:
    """A few hashes of the text's runs of words: copies share one of them, and few other texts do."""
    return sketch_of_plain(plain(html))


def sketch_of_plain(text: str) -> bytes:
    """`sketch` of what `plain` has made of the html."""
    words = re.findall(r"\w+", text[:_COMPARED]) or [""]
    runs = [zlib.crc32(" ".join(words[at : at + _RUN]).encode()) for at in range(len(words) - _RUN + 1)]
    # The smallest hashes of a text are a fair sample of its runs, and the same sample for the same text. Those of the
    # beginning are added, for excerpts.
    hashes = sorted({*sorted(set(runs))[:_SKETCH], *runs[:_START]})
    return _VERSION + struct.pack(f"!{len(hashes)}I", *hashes)


def is_current(stored: bytes | None) -> bool:
    """Whether a sketch that was stored was made as sketches are made now."""
    return stored is not None and stored.startswith(_VERSION)


def hashes_of(stored: bytes) -> tuple[int, ...]:
    return struct.unpack(f"!{(len(stored) - len(_VERSION)) // 4}I", stored[len(_VERSION) :])
