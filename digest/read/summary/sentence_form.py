"""Which sentences may stand in a summary by their form: finished statements that belong to the post, not to its page.

The words of this module are English; those of `word_lists` are of several languages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.read.summary.word_lists import boilerplate, openers, signposts, unfit, verbs

_FEWEST_WORDS = 5  # of a sentence in a summary; shorter ones are asides, labels and stubs

_END_MARK = re.compile(r"[.!…][\"'”’»)\]]*$")
_OPENS = re.compile(r"‘(?!\d)")
_MAY_CLOSE = re.compile(r"’(?![^\W_])")
_CLOSES = re.compile(r"[.!?,]’(?![^\W_])")
_MEDIA = "video|image|picture|photo|chart|graph|diagram|screenshot|slide|clip|animation"
_POINTERS = ("below", "above", " here", "opposite")
_POINTS = re.compile(
    rf"\b(?:{_MEDIA}|table|figure|link|list|map)s? (?:\w+ )?(?:below|above|here|opposite)\b"
    r"|\b(?:[Ss]ee|shown|listed|pictured|described) (?:\w+ ){0,3}(?:below|above)\b"
    r"|(?<!and )(?<!or )\b(?:below|above)[:.]$"
)
_TRAILS_OFF = re.compile(r"(?:…|\.\s?\.\s?\.)[\"'”’»)\]]*$")
_MARKUP = re.compile(r"(?:^|\s)#{1,6}\s|\]\(|\[link|\(link removed\)|\s\.$")
_MARKS = ("#", "[", "](", "(link", " .")
_QUOTATION = re.compile(r"^[\"“„‘][^\"“”]*[\"”’]$")  # whose, it does not say
_WORD = re.compile(r"[^\W_]+")
_LABELLED = re.compile(r"^(?:[^\W\d_][\w.’'-]*\s?){1,3}:\s")  # "Jane Smith: …", "Note: …"
# Each pattern begins with the letters it looks for, so that the search skips what cannot match.
_POINTING = re.compile(r"[Tt]h[eo]se\b(?<!\w.....)(?! (?:who|of (?:us|you)))")
_OTHERS = re.compile(r"\b(?:[Ss]everal|[Ss]ome|[Mm]any|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ew) (?:other|more) (?!than\b)\w")


def indexes_without_boilerplate(sentences: Sequence[str], language: str = "en") -> list[int]:
    """Which of an article's sentences are its own, and neither furniture nor, but in English, signposts.

    An English signpost is only passed over where there is something else (`is_fit`).
    """
    of_page = boilerplate(sentences, language)
    pointing = signposts(language if language != "en" else "")
    return [i for i, sentence in enumerate(sentences) if not of_page[i] and not pointing.match(sentence)]


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
        and not (any(pointer in sentence for pointer in _POINTERS) and _POINTS.search(sentence))
    )


def is_fit(sentence: str, language: str = "en") -> bool:
    """Neither markup nor a quotation by nobody nor a caption, and speaks of its matter, not of its post."""
    return (
        not (any(sign in sentence for sign in _MARKS) and _MARKUP.search(sentence))
        and not _QUOTATION.match(sentence)
        and not signposts(language).match(sentence)
        and not unfit(language).search(sentence)
        and _has_verb(sentence, verbs(language))
    )


def _has_verb(sentence: str, known: frozenset[str]) -> bool:
    if not known or not known.isdisjoint(sentence.split()):
        return True
    return any(
        word.lower() in known or (word.endswith(("ed", "s")) and len(word) > 2 and word.islower() and word[-2:] != "ss")
        for word in _WORD.findall(sentence)
    )


def opens_dependent(sentence: str, language: str = "en") -> bool:
    """Whether it opens with a connective, a pronoun ("However, they …") or an answer, and so needs the one before."""
    return openers(language).match(sentence) is not None


def refers_back(sentence: str) -> bool:
    """Speaks of what an earlier sentence named: "those towns", "three other towns"."""
    return bool(_POINTING.search(sentence) or _OTHERS.search(sentence))
