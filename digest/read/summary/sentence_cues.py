"""What the form of a sentence says about it: whether it may stand in a summary, and how it is likely to matter.

The words are English. In another language they find nothing, and position, title and LexRank decide alone.
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

_TELL = _any(
    "share|explain|look|talk|discuss|describe|show|explore|walk|outline|cover|introduce|detail",
    "highlight|tell",
)
_TELLS = _any(
    "will|is|describes|explains|looks|outlines|explores|covers|shares|presents|provides|discusses",
    "shows",
)
_TELLING = _any(
    "sharing|excited|pleased|proud|happy|thrilled|delighted|announcing|launching|releasing|publishing",
    *["introducing", "highlighting", "looking"],
)
# Brings in a name by its initials, as texts do where they introduce their matter.
_ACRONYM = re.compile(r"\([A-Z][A-Za-z.&]{1,8}\)")
# Searched in lower case, which is twice as fast as ignoring it.
_PATTERNS = {
    # Says what the post is for.
    "purpose": re.compile(
        r"\b"
        + _any(
            "(?:in|with|through) this (?:blog|post|article|piece|series|paper|guide|report|case study|study|section)",
            rf"this (?:blog|post|blog post|article|series|paper|guide|report|project|study|page) {_TELLS}",
            rf"(?:we|i)(?:['’]ll| will|['’]d like to| want(?:ed)? to|['’]m going to|(?:['’]re| are) going to) {_TELL}",
            r"here(?:['’]s| is| are) (?:how|what|why|some|an?|our|the|\d+|three|four|five)",
            rf"(?:we|i)(?:['’]re| are|['’]m| am) {_TELLING}",
            "read on",
            "learn (?:more )?(?:about )?how",
            "below,? (?:we|i|you|are)",
            "the (?:goal|aim|purpose|mission) (?:of|is|was)",
        ),
    ),
    # Tells of a conversation that the post reports.
    "asked": re.compile(
        r"\b(?:we|i) (?:asked|spoke|talked|sat down|interviewed|met|invited|caught up|surveyed|chatted)\b",
    ),
    # Says what the authors did.
    "made": re.compile(
        r"\b(?:we|i|team|agency|department|council)(?:['’]ve|['’]re| have| has| are| is)? "
        r"(?:recently |also |just |been )?(?:develop|build|built|creat|work|partner|design|redesign|learn|found|wanted"
        r"|decided|set out|started|began|use|publish|help)\w*\b",
    ),
    # Opens with a condition or a scene.
    "subordinate": re.compile(
        r"^(?:when|if|as|while|although|though|because|since|after|before|imagine|in order|to|by|with|let['’]s|let)\b",
    ),
    "quotation": re.compile(r"[\"“”]"),
}
_COUNTED = {
    # Words of lessons and aims, to three of them.
    "finding": (
        3,
        frozenset(
            [
                *["learn", "learned", "learnt", "learning", "lesson", "lessons", "found", "finding"],
                *["findings", "result", "results", "discover", "discovered", "discovery", "insight"],
                *["insights", "tips", "practices", "key", "important", "why", "how", "strategy", "strategies"],
                *["strategic", "challenge", "challenges", "goal", "goals", "mission", "aim", "aims", "aimed"],
                *["aiming", "help", "helps", "helped", "helping", "helpful", "improve", "improves", "improved"],
                *["improving", "improvement", "improvements"],
            ]
        ),
    ),
    # Words of use to somebody, to two of them.
    "benefit": (
        2,
        frozenset(
            [
                *["allow", "allows", "allowed", "allowing", "help", "helps", "helped", "helping", "enable"],
                *["enables", "enabled", "enabling", "provide", "provides", "provided", "providing", "aim"],
                *["aims", "seek", "seeks", "easier", "support", "supports", "supported", "supporting"],
                *["ensure", "ensures", "ensured", "ensuring", "improve", "improves", "improved", "improving"],
            ]
        ),
    ),
}
# Without one of these words a sentence has none of the cues of what was said, done and meant.
_ACTORS = frozenset(
    [pronoun + short for pronoun in ("we", "i") for short in ("", "'ve", "'re", "'m", "'ll", "'d")]
    + ["team", "agency", "department", "council"]
)
_POINTERS_TO_PURPOSE = _ACTORS | {
    "this",
    "here",
    "here's",
    "read",
    "learn",
    "below",
    "goal",
    "aim",
    "purpose",
    "mission",
}
_NEEDS = {"purpose": _POINTERS_TO_PURPOSE, "asked": _ACTORS, "made": _ACTORS}
CUES = ("acronym", *_PATTERNS, *_COUNTED)
"""The cues that the weights know by name."""
DEFINITION = re.compile(r"^(?:the |a |an )?(?:\S+ ){1,8}?(?:is|are) (?:an?|the|one of|some|our)\b", re.IGNORECASE)


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


def cue_values(sentence: str, words: Sequence[str]) -> tuple[float, ...]:
    """In the order of MARKS: 1 where the cue is there, else 0; of a counted cue the share of the most that counts.

    `words` are the sentence's, in lower case.
    """
    lower = sentence.lower()
    there = [float("(" in sentence and bool(_ACRONYM.search(sentence)))]
    there += [
        0.0 if name in _NEEDS and _NEEDS[name].isdisjoint(words) else float(bool(pattern.search(lower)))
        for name, pattern in _PATTERNS.items()
    ]
    there += [min(most, len([word for word in words if word in known])) / most for most, known in _COUNTED.values()]
    return tuple(there)
