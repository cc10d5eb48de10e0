"""What the form of a sentence says about it: whether it may stand in a summary, and how it is likely to matter.

The words are English. In another language they find nothing, and position, title and LexRank decide alone.
"""

from __future__ import annotations

import re

_FEWEST_WORDS = 5  # of a sentence in a summary; shorter ones are asides, labels and stubs

_ENDED = re.compile(r"[.!…][\"'”’»)\]]*$")
_LABELLED = re.compile(r"^(?:[^\W\d_][\w.’'-]*\s?){1,3}:\s")  # "Jane Smith: …", "Note: …"


def _any(*words: str) -> str:
    return "(?:" + "|".join(words) + ")"


_PICTURE = _any("images?", "photos?", "photographs?", "pictures?", "illustrations?", "screenshots?", "videos?")
_FURNITURE = re.compile(
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
_FURNITURE_WORDS = (
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

_OPEN = r"^[\"“‘'(]*"
_CONNECTIVE = re.compile(
    _OPEN
    + _any(
        *[
            "however",
            "but",
            "and",
            "so",
            "or",
            "nor",
            "then",
            "also",
            "yet",
            "still",
            "instead",
            "therefore",
            "thus",
            "hence",
            "moreover",
            "furthermore",
        ],
        *[
            "additionally",
            "besides",
            "meanwhile",
            "nevertheless",
            "nonetheless",
            "otherwise",
            "likewise",
            "similarly",
            "consequently",
        ],
        *[
            "accordingly",
            "indeed",
            "finally",
            "lastly",
            "second",
            "secondly",
            "third",
            "thirdly",
            "fourth",
            "next",
            "later",
            "again",
            "plus",
        ],
        *["afterwards", "unfortunately", "luckily", "fortunately", "alternatively"],
        "in (?:addition|other words|fact|contrast|turn|short)",
        "as (?:a result|such|well)",
        "for (?:example|instance|this reason|that reason)",
        "(?:having said that|that said|of course|either way)",
        "on the (?:other hand|contrary)",
        "(?:after|before|until|by|since|because of|to|in|on) (?:that|this|these|those|then)(?! (?:blog|post|article))",
        "even (?:so|then|better)",
    )
    + r"\b",
    re.IGNORECASE,
)
_ITSELF = _any(
    "blog|post|article|piece|series|paper|guide|report|page|interview|case|week|month|year|spring",
    "summer",
    *["autumn", "fall", "winter", "morning", "afternoon"],
)
_PRONOUN = re.compile(
    _OPEN
    + _any(
        *[
            "they",
            "he",
            "she",
            "it",
            "its",
            "their",
            "his",
            "her",
            "theirs",
            "hers",
            "them",
            "him",
            "both",
            "such",
            "each",
            "others?",
            "another",
            "which",
        ],
        "(?:some|one|none|all|most|many) of (?:them|these|those|this|which)",
        "the (?:former|latter|other)",
        rf"(?:this|that|these|those)(?! {_ITSELF}\b)",
    )
    + r"(?:['’](?:s|re|ve|ll|d))?\b",
    re.IGNORECASE,
)

_POINTING = re.compile(r"\b(?:these|those)\b(?! (?:who|of (?:us|you)))", re.IGNORECASE)

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
        re.compile(
            r"\b(?:learn(?:ed|t|ing)?|lessons?|found|findings?|results?|discover(?:ed|y)?|insights?|tips|best practices"
            r"|key|important|why|how|strateg\w+|challenges?|goals?|mission|aim\w*|help\w*|improv\w+)\b",
        ),
    ),
    # Words of use to somebody, to two of them.
    "benefit": (
        2,
        re.compile(
            r"\b(?:allow(?:s|ed|ing)?|help(?:s|ed|ing)?|enabl(?:e|es|ed|ing)|provid(?:e|es|ed|ing)|aims?|seeks?"
            r"|mak(?:e|es|ing) it (?:easier|easy|possible|simple)|support(?:s|ed|ing)?|ensur(?:e|es|ed|ing)"
            r"|improv(?:e|es|ed|ing))\b",
        ),
    ),
}
MARKS = ("acronym", *_PATTERNS, *_COUNTED)
"""The cues that the weights know by name."""
DEFINITION = re.compile(r"^(?:the |a |an )?(?:\S+ ){1,8}?(?:is|are) (?:an?|the|one of|some|our)\b", re.IGNORECASE)


def furniture(sentence: str) -> bool:
    """Belongs to the page, not to the post: a caption, a byline, a call to subscribe, a cut mark."""
    lower = sentence.lower()
    if any(word in lower for word in _FURNITURE_WORDS) and _FURNITURE.search(lower):
        return True
    return bool(_BYLINE.search(sentence))


def finished(sentence: str) -> bool:
    """Has a mark of its end; questions count."""
    return bool(_ENDED.search(sentence.replace("?", ".")))


def whole(sentence: str) -> bool:
    """A statement with beginning and end: no question, label, stub or half a quotation."""
    return (
        len(sentence.split()) >= _FEWEST_WORDS
        and bool(_ENDED.search(sentence))
        and not sentence[0].islower()
        and sentence.count("“") == sentence.count("”")
        and sentence.count('"') % 2 == 0
        and not _LABELLED.search(sentence)
    )


def fit(sentence: str) -> bool:
    """May stand in a summary."""
    return whole(sentence) and not furniture(sentence)


def leans(sentence: str) -> bool:
    """Opens with a connective or a pronoun ("However, they …"), and so leans on the sentence before it."""
    return bool(_CONNECTIVE.search(sentence) or _PRONOUN.search(sentence))


def points_back(sentence: str) -> bool:
    """Says "these" or "those" of what an earlier sentence named."""
    return bool(_POINTING.search(sentence))


def marks(sentence: str) -> tuple[float, ...]:
    """In the order of MARKS: 1 where the cue is there, else 0; of a counted cue the share of the most that counts."""
    lower = sentence.lower()
    there = [float(bool(_ACRONYM.search(sentence)))]
    there += [float(bool(pattern.search(lower))) for pattern in _PATTERNS.values()]
    there += [min(most, len(pattern.findall(lower))) / most for most, pattern in _COUNTED.values()]
    return tuple(there)
