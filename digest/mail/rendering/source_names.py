"""What a mail calls a source beside each post: short, the same for all its posts, and recognisable. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from digest.text import clip

_ROOM = 24  # characters that stand well beside a date and minutes on a phone
_MOST = 40
_FEWEST = 3  # letters that still name something
_TAIL = re.compile(r"\s+[–—|·-]\s+|\s*[:|]\s+|\s*[(\[]")
_IN_BRACKETS = re.compile(r"[(\[]\s*(\w[\w.&-]{1,11})\s*[)\]]\s*$")


def short_name(name: str, by_name: Mapping[str, str]) -> str:
    """The source's short name: the one that the settings give, else `name`, cut where its subtitle begins.

    A long name ends at the first dash, colon, bar or bracket. What is still too long is called by the abbreviation in
    brackets at its end, if it has one: "Observations from a UK perspective (ntouk)" is "ntouk"; or by its first words
    where its end says them again: "Harbours free online resource for all – Harbours" is "Harbours".
    """
    if by_name.get(name):
        return by_name[name]
    if len(name) <= _ROOM:
        return name
    head = _TAIL.split(name, maxsplit=1)[0].strip()
    head = head if len(head) >= _FEWEST else name
    abbreviation = _IN_BRACKETS.search(name)
    if abbreviation and len(head) > _ROOM:
        return abbreviation[1]
    last = _TAIL.split(name)[-1].strip()
    is_named_again = _FEWEST <= len(last) <= _MOST and head.casefold().startswith(last.casefold())
    return last if is_named_again and len(head) > _ROOM else clip(head, _MOST)
