"""Which sentences may stand in a summary by their form: finished statements that belong to the post, not to its page.

The words are English; in another language they find nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FEWEST_WORDS = 5  # of a sentence in a summary; shorter ones are asides, labels and stubs

_END_MARK = re.compile(r"[.!…][\"'”’»)\]]*$")
_OPENS = re.compile(r"‘(?!\d)")
_MAY_CLOSE = re.compile(r"’(?![^\W_])")
_CLOSES = re.compile(r"[.!?,]’(?![^\W_])")
_MEDIA = "video|image|picture|photo|chart|graph|diagram|screenshot|slide|clip|animation"
# Of use only on the page, beside what it shows.
_THIS_MEDIUM = re.compile(rf"[Tt]his (?<!\w.....)(?:(?:next|short|opening|animated) )*(?:{_MEDIA})\b")
_POINTERS = ("below", "above", " here", "opposite")
_POINTS = re.compile(
    rf"\b(?:{_MEDIA}|table|figure|link|list|map)s? (?:\w+ )?(?:below|above|here|opposite)\b"
    r"|\b(?:[Ss]ee|shown|listed|pictured|described) (?:\w+ ){0,3}(?:below|above)\b"
    r"|(?<!and )(?<!or )\b(?:below|above)[:.]$"
)
_TRAILS_OFF = re.compile(r"(?:…|\.\s?\.\s?\.)[\"'”’»)\]]*$")
_LABELLED = re.compile(r"^(?:[^\W\d_][\w.’'-]*\s?){1,3}:\s")  # "Jane Smith: …", "Note: …"


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


_PICTURE = _any("images?", "photos?", "photographs?", "pictures?", "illustrations?", "screenshots?", "videos?")
_BOILERPLATE = re.compile(
    _any(
        r"\b(?:un)?subscribe\b",
        r"\bsign up (?:for|to)\b",
        r"\bnewsletter\b",
        r"\bfollow (?:us|me)\b",
        r"\bread more\b",
        r"\bclick (?:here|on|the)\b",
        r"\bshare this\b",
        r"\bcomments? (?:are|is) (?:closed|welcome)\b",
        r"\bleave a comment\b",
        r"\bappeared first on\b",
        r"\bfirst appeared (?:here|on)\b",
        r"\b(?:let us know|get in touch|stay tuned|find out more)\b",
        r"(?<![^\s(])@\w|\w@\w+\.\w",
        r"\bcookies\b",
        r"\ball rights reserved\b",
        r"\bdisclaimer\b",
        r"\boriginal source\b",
        rf"\b{_PICTURE} ?(?:via|by|credit|courtesy|:|©)",
        r"\[(?:…|\.\.\.)\]",
        "©",
    ),
)
# Any match of _FURNITURE has one of these words: looking for them first is ten times faster.
_BOILERPLATE_WORDS = (
    *(
        "subscribe",
        "sign up",
        "newsletter",
        "follow ",
        "read more",
        "click ",
        "share this",
        "comment",
        "appeared first",
        "first appeared",
        "let us know",
        "get in touch",
        "stay tuned",
        "find out more",
        "@",
    ),
    *("cookies", "all rights", "disclaimer", "original source", "[…]", "[...]", "©"),
    *("image", "photo", "picture", "illustration", "screenshot", "video"),
)
_ROLE = _any(
    "officer|director|manager|designer|engineer|specialist|strategist|leader?|author|consultant",
    "fellow|founder",
    "developer|analyst|intern|researcher|head|creator|owner|chief|advis[eo]r|editor|writer",
    "co-?founder",
    *["co-?organi[sz]er", "president", "professor"],
)
_BYLINE = re.compile(
    r"^(?:[Bb]y [A-Z]\w+ [A-Z]\w+[,.]|(?i:about the authors?\b|originally (?:published|posted)|(?:this is )?a guest "
    r"|editor['’]s note|cross-?posted|posted (?:by|on|in) "
    r"|this (?:post|article|blog|piece|interview) (?:was|is by|first|originally))"
    rf"|(?:[A-Z][\w.’'-]+ ){{2,3}}(?:is|was|works|serves)\b.{{0,60}}\b{_ROLE}\b)"
)


def is_boilerplate(sentence: str) -> bool:
    """Belongs to the page, not to the post: a caption, a byline, a call to subscribe, a cut mark."""
    return not indexes_without_boilerplate([sentence])


def indexes_without_boilerplate(sentences: Sequence[str]) -> list[int]:
    """Which of an article's sentences are its own, and not furniture."""
    lower = [sentence.lower() for sentence in sentences]
    whole_text = "\n".join(lower)
    present = [word for word in _BOILERPLATE_WORDS if word in whole_text]
    return [
        i
        for i, (sentence, low) in enumerate(zip(sentences, lower, strict=True))
        if not (any(word in low for word in present) and _BOILERPLATE.search(low)) and not _BYLINE.search(sentence)
    ]


def has_end_mark(sentence: str) -> bool:
    """Has a mark of its end; questions count, what trails off does not."""
    return bool(_END_MARK.search(sentence.replace("?", "."))) and not _TRAILS_OFF.search(sentence)


def has_balanced_quotes(text: str) -> bool:
    """Holds no half of a quotation. Of single quotation marks, those that may be apostrophes are left out."""
    if text.count('"') % 2 or text.count("“") != text.count("”") or text.count("«") != text.count("»"):
        return False
    if "‘" not in text and "’" not in text:
        return True
    opened = len(_OPENS.findall(text))
    return opened <= len(_MAY_CLOSE.findall(text)) and len(_CLOSES.findall(text)) <= opened


def is_complete(sentence: str) -> bool:
    """A statement with beginning and end: no question, label, stub, half a quotation or pointer to a picture."""
    return (
        len(sentence.split()) >= _FEWEST_WORDS
        and bool(_END_MARK.search(sentence))
        and not _TRAILS_OFF.search(sentence)
        and not sentence[0].islower()
        and has_balanced_quotes(sentence)
        and not (":" in sentence and _LABELLED.search(sentence))
        and not _beside_something(sentence)
    )


def _beside_something(sentence: str) -> bool:
    if any(pointer in sentence for pointer in _POINTERS) and _POINTS.search(sentence):
        return True
    return bool(_THIS_MEDIUM.search(sentence))


def is_usable(sentence: str) -> bool:
    """May stand in a summary."""
    return is_complete(sentence) and not is_boilerplate(sentence)
