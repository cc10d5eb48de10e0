"""How walls put it: the patterns of `read/data/walls.toml`, compiled, and the marks of robot checks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files


class WallKind(StrEnum):
    """What a page shows in place of the post; the words are those of the reason: "the page shows …"."""

    COOKIES = "a cookie wall"
    LOGIN = "a log-in form"
    CHALLENGE = "a check for robots"
    NOT_FOUND = "“not found”"
    SUBSCRIBERS = "a line for subscribers only"
    UNAVAILABLE = "that the site is out of order"
    FOR_SALE = "that the address is for sale"
    SCRIPT = "nothing without scripts"
    FRONT_PAGE = "the site’s front page"
    LIST = "a page above the post’s"
    REPEATED = "the same text for several posts"


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


@cache
def _tables() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads((files("digest.read") / "data" / "walls.toml").read_text("utf-8"))


def _compiled(table: str) -> dict[WallKind, re.Pattern[str]]:
    return {WallKind[kind.upper()]: re.compile("|".join(lines)) for kind, lines in _tables()[table].items()}


@cache
def headings() -> Mapping[WallKind, re.Pattern[str]]:
    """Titles and headings that a page has only where it is a wall. The first kind that fits is the page's."""
    return _compiled("headings")


@cache
def sentences() -> Mapping[WallKind, re.Pattern[str]]:
    """Sentences that walls are made of. Articles have some, too: only many in a short text say anything."""
    return _compiled("sentences")


@cache
def addresses() -> Mapping[WallKind, re.Pattern[str]]:
    """Host and path to which walls redirect."""
    return _compiled("addresses")


@cache
def little_words() -> frozenset[str]:
    """Words that tell nothing about what a title is about."""
    return frozenset(" ".join(_tables()["words"]["little"]).split())


CHALLENGE_MARKS = (
    b"_cf_chl_opt",
    b"cf-browser-verification",
    b"geo.captcha-delivery.com",
    b"px-captcha",
    b"_incapsula_resource",
    b"sucuri_cloudproxy",
    b"awswafintegration",
    b"window.gokuprops",
    b"/.within.website/x/cmd/anubis",
    b"ddos-guard",
)
"""In the markup of pages that check for robots; in lower case."""

WORDS = re.compile(
    r"\b(?:cookies?|cwcis|consent|privacy|log-?in|sign-?in|logged|password|captcha|robots?|javascript|404|accounts?"
    r"|maintenance|unavailable|domains?|subscribers?|tracking)\b"
)
"""In a post's own title: the post may be about what walls are about."""
