"""Whether a page shows a wall in place of the post: a cookie wall, a log-in, a check for robots, "not found". Pure.

One sign is never enough. A page that names the post, by its title or by the feed's own words, shows the post, whatever
banner lies over it; only if its text is nothing but a wall's is it one all the same. A page that does not name the post
may have other words for it: it is a wall where its title, its headings, its form, its address or its text say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from digest.read.article.dom import Element
from digest.read.article.wall_phrases import (
    CHALLENGE_MARKS,
    WORDS,
    WallKind,
    addresses,
    headings,
    little_words,
    sentences,
)

__all__ = ["PageSigns", "WallKind", "signs_of", "wall_of"]

_SHORT = 250
"""Words. A wall says no more; an article with a wall's heading over it says more."""
_SHELL = 60
"""Words. In so few a single sentence of a wall is enough."""
_NOTHING = 20
"""Words. A page that shows fewer, and has scripts, is made by them."""
_NAMED = 0.5
"""Of the title's telling words: how many a page has that is about the post."""
_SAME = 0.4
"""Of the feed's words, three by three: how many a page has that shows the post."""
_FEWEST = 6
"""Words of the feed from which their absence says anything."""
_MOST = 0.6
_ALL = 0.9
"""Of the sentences under the post's title: how many are a wall's. A heading of the page names the post with more right
than its <title>: posts are written about log-ins, too."""
_MARKS_IN = 300_000
"""Bytes in which a robot check names itself."""
_HEADINGS = 6
_LONGEST_HEADING = 150
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")
_ROOT = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-z]{2,4})?/?)?(?:(?:index|default|home|start)(?:\.\w{2,5})?/?)?", re.IGNORECASE
)

_VARIANT = re.compile(r"/(?:amp|print|index\.\w{2,5}|feed|full|\d{1,3})/?$", re.IGNORECASE)
"""The end of an address that is another form of the page above it."""


@dataclass(frozen=True, slots=True)
class PageSigns:
    """What a page shows that bears on whether it is a wall; gathered before anything is removed from it."""

    titles: tuple[str, ...] = ()  # what it calls itself, in its metadata, <title> and <h1>
    headings: tuple[str, ...] = ()  # the first ones
    password: bool = False  # it asks for a password
    text: str = ""  # all that it shows
    url: str = ""  # asked for
    final_url: str = ""  # after redirects
    scripted: bool = False  # it has scripts
    marked: bool = False  # its markup is that of a robot check


def signs_of(tree: Element, titles: Sequence[str], url: str, final_url: str, content: bytes) -> PageSigns:
    """Gather the signs from a page's tree, before it is pruned."""
    headings = [
        text
        for heading in tree.iter("h1", "h2", "h3", "legend")
        if 0 < len(text := " ".join(heading.text_content().split())) <= _LONGEST_HEADING
    ]
    markup = content[:_MARKS_IN].lower()
    return PageSigns(
        titles=tuple(titles),
        headings=tuple(headings[:_HEADINGS]),
        password=any(field.get("type", "").lower() == "password" for field in tree.iter("input")),
        text=tree.text_content(),
        url=url,
        final_url=final_url,
        scripted=b"<script" in markup or b"<noscript" in markup,
        marked=any(mark in markup for mark in CHALLENGE_MARKS),
    )


def wall_of(signs: PageSigns, *, title: str, feed_text: str, text: str) -> WallKind | None:
    """Return what the page shows in place of the post, or None where it shows the post.

    `title` is what the feed calls the post, `feed_text` what it says of it; `text` is what was read on the page.
    """
    words = len(text.split())
    if _is_front_page(signs) and not _names(title, _fold(" ".join(signs.titles))):
        return WallKind.FRONT_PAGE
    if _shares_words(feed_text, text) or _names(title, _fold(text)):
        return None
    named = _names(title, _fold(" ".join((*signs.titles, *signs.headings))))
    if not named and _is_above(signs):
        return WallKind.LIST
    if words > _SHORT:
        return None if named else _by_headings_and_sentences(signs, text)
    if named:
        # The post's title over a wall's text. A post about cookies or passwords has such sentences of its own.
        if WORDS.search(_fold(title)):
            return None
        share = _ALL if _names(title, _fold(" ".join(signs.headings))) else _MOST
        return _by_sentences(text, least=2, share=share) or (_by_headings(signs, text) if text else None)
    if not text and signs.scripted and len(signs.text.split()) < _NOTHING:
        return WallKind.SCRIPT
    if signs.marked:
        return WallKind.CHALLENGE
    return _by_headings(signs, text) or _by_address(signs) or _by_form(signs, text) or _by_text(signs, text, words)


def _by_headings(signs: PageSigns, text: str) -> WallKind | None:
    """Return what the page calls itself, or what stands over a text that is a wall's at least in part."""
    by_title = _by_lines(signs.titles)
    if by_title is not None or not text:
        return by_title or _by_lines(signs.headings[:2])
    by_heading = _by_lines(signs.headings[:2])
    return by_heading if by_heading and _by_sentences(text, least=1, share=0.2) is not None else None


def _by_headings_and_sentences(signs: PageSigns, text: str) -> WallKind | None:
    """Return what even a long page is: a list of a hundred advertisers under a wall's heading."""
    kind = _by_lines((*signs.titles, *signs.headings[:2]))
    return kind if kind and _by_sentences(text, least=5, share=0.5) is kind else None


def _by_lines(lines: Sequence[str]) -> WallKind | None:
    folded = [_fold(line) for line in lines]
    return next((kind for kind, pattern in headings().items() if any(map(pattern.search, folded))), None)


def _by_address(signs: PageSigns) -> WallKind | None:
    """Return the kind of page that a redirect led to."""
    requested, final = _split(signs.url), _split(signs.final_url)
    if (requested.hostname, requested.path) == (final.hostname, final.path):
        return None
    place = f"{(final.hostname or '').removeprefix('www.')}{final.path}".lower()
    before = f"{(requested.hostname or '').removeprefix('www.')}{requested.path}".lower()
    return next(
        (kind for kind, pattern in addresses().items() if pattern.search(place) and not pattern.search(before)), None
    )


def _by_form(signs: PageSigns, text: str) -> WallKind | None:
    return WallKind.LOGIN if signs.password and _by_sentences(text, least=1, share=0.2) is not None else None


def _by_text(signs: PageSigns, text: str, words: int) -> WallKind | None:
    visible = text if text.strip() else " ".join(signs.text.split())
    if words == 0 and len(visible.split()) > _SHORT:
        return None
    return _by_sentences(visible, least=1 if len(visible.split()) < _SHELL else 2, share=0.5)


def _by_sentences(text: str, *, least: int, share: float) -> WallKind | None:
    """Return the kind of wall that at least so many sentences, and such a share of them, belong to."""
    lines = [line for part in _SENTENCE_END.split(text) if (line := _fold(part))]
    counts = {kind: sum(bool(pattern.search(line)) for line in lines) for kind, pattern in sentences().items()}
    kind = max(counts, key=lambda each: counts[each])
    return kind if counts[kind] >= max(least, share * len(lines)) else None


def _is_front_page(signs: PageSigns) -> bool:
    """Whether a page further down was asked for, and the site's front page came."""
    requested, final = _split(signs.url), _split(signs.final_url)
    if not final.hostname or signs.url == signs.final_url:
        return False
    if _ROOT.fullmatch(requested.path) and not requested.query:
        return False
    return bool(_ROOT.fullmatch(final.path)) and not final.query


def _is_above(signs: PageSigns) -> bool:
    """Whether a page was asked for, and one came in whose folder it lay: the list of all news for one of them."""
    requested, final = _split(signs.url), _split(signs.final_url)
    above, below = final.path.rstrip("/"), _VARIANT.sub("", requested.path).rstrip("/")
    return bool(above) and requested.hostname == final.hostname and not final.query and below.startswith(f"{above}/")


def _names(title: str, text: str) -> bool:
    """Whether a folded text has most of the title's telling words; those that walls use, too, tell nothing."""
    telling = {word for word in _WORD.findall(WORDS.sub(" ", _fold(title))) if word not in little_words()}
    if not telling:
        return False
    return len(telling & set(_WORD.findall(text))) >= _NAMED * len(telling)


def _shares_words(feed_text: str, text: str) -> bool:
    """Whether the page says what the feed says."""
    words = _WORD.findall(_fold(feed_text))
    if len(words) < _FEWEST:
        return False
    threes = set(zip(words, words[1:], words[2:], strict=False))
    page = _WORD.findall(_fold(text))
    return len(threes & set(zip(page, page[1:], page[2:], strict=False))) >= _SAME * len(threes)


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").replace("‘", "'").split())


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
