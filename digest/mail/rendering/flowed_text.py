"""The text part's lines: short enough for programs that show them as they are, and with soft breaks (RFC 3676,
format=flowed) where others may fill them anew, as phones do.

A soft break is a blank at the end of a line. Between `wrap` and `tidy` it is a mark of its own, because templates leave
blanks at the ends of lines by accident.
"""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from digest.escape import SLOT_CLOSE, SLOT_OPEN

COLUMNS = 72
_MARK = "\x1f"  # `clean` takes it out of foreign text
_WORD_WITH_SLOT = re.compile(rf"(\S*{SLOT_OPEN}[^{SLOT_CLOSE}]*{SLOT_CLOSE}\S*)")
_SOFT_BREAK = re.compile(f" *{_MARK}")


@lru_cache(maxsize=4_096)
def wrap(text: str, indent: str = "", first: str = "", width: int = COLUMNS) -> str:
    """Lines of at most `width` columns; text with a URL in it keeps its longer words whole.

    A line break that the text has stays one; those between are soft, unless `indent` stands before the lines after the
    first: it would stand between words if these were filled anew. A word with a slot has a line of its own, because
    nobody knows its length.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines += _wrapped(line.strip(" "), first=indent if lines else first, indent=indent, width=width)
    return "\n".join(lines)


def _wrapped(text: str, *, first: str, indent: str, width: int) -> list[str]:
    soft = "" if indent else _MARK
    lines: list[str] = []
    for part in filter(None, map(str.strip, _WORD_WITH_SLOT.split(text))):
        if lines:
            lines[-1] += soft
        pieces = textwrap.wrap(
            part,
            width - len(soft),
            initial_indent=indent if lines else first,
            subsequent_indent=indent,
            expand_tabs=False,
            replace_whitespace=False,
            break_long_words="://" not in part and SLOT_OPEN not in part,
            break_on_hyphens=False,
        )
        end = 0
        for piece in pieces:
            if end:
                # A break within a word that is longer than a line is no soft one: that would put a blank there.
                lines[-1] += soft if part[end].isspace() else ""
            words = piece.strip()
            end = part.index(words, end) + len(words)
            lines.append(piece)
    return lines


def tidy(text: str) -> str:
    """No blanks at the ends of lines but soft breaks, at most two empty lines in a row, one line end at the end."""
    text = text.replace("\xa0", " ").replace("\u202f", " ")
    text = "\n".join(line.rstrip() if line[-1:] != _MARK else line for line in text.split("\n"))
    text = re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"
    # "-- " begins a signature (RFC 3676 4.3).
    return _SOFT_BREAK.sub(" ", text.replace(f"\n--{_MARK}\n", "\n--\n"))


def unflowed(text: str) -> str:
    """The text with a line for each paragraph, as a program shows it that fills lines anew."""
    return re.sub("(?<!\n--) \n", " ", text)


def decoded(text: str) -> str:
    """The same from the content of a part with format=flowed: see `space_stuffed`."""
    return unflowed(re.sub("^ ", "", text.replace("\r\n", "\n"), flags=re.MULTILINE))
