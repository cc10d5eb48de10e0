"""Text made alike before it is compared: lower case, no accents, plain digits, blanks and hyphens."""

from __future__ import annotations

import re
import unicodedata

_DASHES = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-"})
_INVISIBLE = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u200e\u200f\ufeff")


def fold(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split())
    parted = unicodedata.normalize("NFKD", text.translate(_DASHES).translate(_INVISIBLE))
    plain = "".join(letter for letter in parted if not unicodedata.combining(letter))
    plain = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), plain)  # Arabic ones, say
    return re.sub(r"\s+", " ", plain.casefold()).strip()
