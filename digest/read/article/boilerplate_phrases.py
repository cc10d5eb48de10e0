"""Phrases by which boilerplate is recognised: credits, bylines, calls, notices. Each pattern is for a whole block."""

from __future__ import annotations

import re
from functools import lru_cache


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


LONGEST = 420
"""Characters. What is longer is prose, whatever words it begins with."""

TRUNCATED = _any(
    r"(?<=[.!?])\s*…$",
    r"\s*(?:\[\s*(?:…|\.{3})\s*\]|\(\s*more\s*(?:…|\.{3})\s*\)|(?<=[\s.!?…”\"'’\])])(?:Continue reading|"
    r"Read more)\b\s*(?:→|»|…|\.{3})?)\s*$",
)
GLUED_ALT = re.compile(
    r"^(?:[A-Z][\w’'-]*[ ]){0,5}(?:logo|photo|image|picture|illustration|screenshot|portrait)(?=[A-Z][a-z]*\s)"
)
BYLINE = re.compile(
    r"^(?:(?i:written|posted|published|words|guest post|story|report|reporting|interview|edited|fact[- ]checked|"
    r"(?:medically )?reviewed)\s+)?(?:[Bb]y|BY):? "
    r"(?P<name>[A-Z][\w’'.-]+(?:[ ,&]+(?:and |the |von |van |de |der |la )*[A-Z][\w’'.-]+){0,7})\s*[,|·–-]?\s*"
    r"(?:(?:\d{1,2}\w* )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\.? .*)?$"
)
_SOURCE_WORDS = (
    r"(?:images?|photos?|photographs?|photography|pictures?|pics?|illustrations?|graphics?|"
    r"screenshots?|credits?|captions?)"
)
_WHOLE = _any(
    # WordPress's line at the end of each feed entry, and its kin
    r"(?:the|this) (?:post|article|entry|story|blog)\b(?:.{0,300}\bappeared first on|"
    r"(?:(?!\.\s).){0,300}\b(?:(?:first )?appeared (?:first )?(?:on|in|at)|"
    r"was (?:originally|first) (?:published|posted) (?:on|at|in|by)))\b.{0,160}$",
    # file names
    r"\S.{0,120}\.(?:jpe?g|png|gif|webp|svg|tiff?|bmp|heic|mp4|mov)$",
    # picture credits
    rf"[(\[]?(?:(?:cover|header|featured?|lead|main|top|banner)\s+)?{_SOURCE_WORDS}(?:\s+credits?)?\s*"
    r"(?::|©|\(c\)|/|\bby\b|\bvia\b|\bcourtesy\b).{0,160}$",
    r"(?:getty images|shutterstock|istock|unsplash|alamy|reuters|ap photo|afp)\b.{0,60}$",
    # who and when
    r"(?:posted|published|last (?:updated|modified)|updated|filed|written|created)\s*(?:by|on|in|at|"
    r"under)?\s*:.{0,200}$",
    r"(?:posted|published|filed|updated) (?:by|on|in|under|at) [^.!?]{0,120}$",
    r"updated (?:at )?\d{1,2}[:.]\d\d\s*[ap]\.?m\.?.{0,20}$",
    r"(?:tags?|tagged|categor(?:y|ies)|topics?|filed under|labels?|keywords)\s*:.{0,300}$",
    r"(?:tags|filed under|tagged)\s[^.!?]{0,200}$",
    r"original source\b.{0,160}$",
    r"\(?(?:reporting|additional reporting|editing|writing) by\b.{0,300}$",
    r"\(?(?:estimated )?(?:reading time|read time)\s*:?.{0,30}$",
    # calls
    r"(?:please |why not |don.t forget to |to )?(?:follow (?:us|me|him|her|them|@|.{3,40} on (?:twitter|facebook|"
    r"instagram|linkedin|x)\b)|"
    r"like us|join us on (?:facebook|twitter|linkedin|slack)|tweet this|print (?:this|article)|e-?mail this|"
    r"save this|pin it|"
    r"order reprints|click here (?:to|for) (?:subscribe|sign|register|more info|download|join|read))\b.{0,160}$",
    r"(?:please |you can )?(?:subscribe|sign up|register)\b.{0,60}\b(?:blog|newsletters?|e-?mails?|updates|alerts|"
    r"mailing list|list|feed|news|posts?)\b.{0,120}$",
    r"(?:please )?subscribe(?: now| today| here)?[.!]?$",
    r"(?:get|receive) .{0,80}\b(?:delivered|sent|straight|direct(?:ly)?) .{0,30}\b(?:inbox|letterbox|e-?mail|"
    r"door)\b.{0,120}$",
    r"(?:for|get) (?:the|all the|our) latest .{0,80}\b(?:download|app|follow|subscribe|sign up|click)\b.{0,160}$",
    r"(?:tickets|places|booking|registration)\b.{0,100}\b(?:here|now)[.!]?$",
    r"share (?:this|it|on|via|with|your (?:thoughts|comments))\b.{0,80}$|share .{0,40}:$",
    r"(?:have|got|know) (?:a|any|something) (?:news )?(?:tips?|story|stories)\b.{0,5}\?.{0,200}$",
    r"(?:write to|reach|contact|e-?mail) .{3,60}\b(?:at|on|via) \S*(?:@|https?:|twitter)\S*.{0,60}$",
    r"(?:submit|leave|post|add) (?:your |a |any )?comments?\b.{0,120}$|comments (?:are|have been) (?:closed|"
    r"disabled).{0,40}$",
    r"(?:already a |are you a |first-time )?subscribers?\b.{0,40}(?:\?|\b(?:log in|sign in|receive)\b).{0,120}$",
    # other posts
    r"(?:read more|see also|see more|read next|also read|read also|more on this|don.t miss|most read|watch|listen|"
    r"explore further|"
    r"related|recommended|you (?:may|might) also (?:like|enjoy|be interested in))\b\s*:.{0,160}$",
    r"(?:read more|see also|see more|read next|more on this|don.t miss|most read(?: in .{0,40})?|explore further|"
    r"up next|trending(?: now)?|"
    r"recommended(?: for you| reading)?|popular(?: posts| now)?|latest(?: news| posts)?)\W*$",
    # notices
    r"(?:copyright|©|\(c\) ?\d{4}).{0,200}$",
    r"all (?:content|text) (?:is |on this (?:site|blog) is )?(?:licen[cs]ed|available) under\b.{0,160}$",
    r"this copy is for your personal\b.{0,300}$",
    r"if you (?:buy|purchase|click) .{0,120}\b(?:commission|share of (?:the )?sales?)\b.{0,120}$",
    r"(?:this (?:website|site|blog) and all|this feature is temporarily|an error has occurred|please (?:wait|"
    r"try again|enable|upgrade))\b.{0,160}$",
    r"\[(?:/[a-z_]+|[a-z_]+ [a-z]+=.{0,200})\].{0,120}$",  # a WordPress shortcode that nothing rendered
)
"""What a piece of furniture says from its first word to its last."""
_WHOLE_BUT_THE_START = _any(
    r".{3,60}\s(?:/|via|for)\s(?:getty images|shutterstock|reuters|unsplash|afp|alamy)\.?$",
    r"[^.!?]{0,80}\b\d{1,2}[ -]min(?:ute)?s? read$",
    r".{0,80}\b(?:may|can) be (?:reached|contacted) (?:at|on|via)\b.{0,160}$",
    r".{0,120}\ball rights reserved\b.{0,200}$",
)
"""The same where it begins with a name or the like. Slow on prose, so that one of these words is looked for first."""
_BEHIND = ("images", "shutterstock", "reuters", "unsplash", "afp", "alamy", " read", "reached", "contacted", "reserved")
_ANYWHERE = _any(
    r"\b(?:why not|please|click here to|be sure to|don.t forget to|you can(?: also)?) (?:subscribe|sign up (?:to|"
    r"for))\b",
    r"\bnever miss (?:a post|an? (?:update|story|article))\b|\blike this (?:blog|post|story|article)\?",
    r"\b(?:sign up|subscribe) (?:for|to) (?:our|the|my|email|e-mail) (?:.{0,30})?(?:newsletter|updates|alerts|"
    r"mailing list)\b",
    r"click to tweet\W*$",
    r"\balready (?:a|an) (?:subscriber|member), (?:you can )?(?:log|sign) in\b",
    r"\b(?:we|this (?:site|website)) uses? (?:\w+ ){0,3}cookies(?:[.,]| (?:to|on|for|so|that|which|and)\b)|"
    r"\baccept (?:all )?(?:additional )?cookies\b",
)
"""What gives a short block away wherever it stands in it. Each holds one of these words, quicker to look for."""
_THERE = ("subscribe", "sign up", "never miss", "like this", "click to tweet", "already a", "cookies")
_SHORT = 220
_TINY = (
    "share|share this|share this page|share this article|share this post|like this|like|loading|print|email|e-mail|"
    "tweet|facebook|twitter|linkedin|pinterest|whatsapp|reddit|instagram|copy link|advertisement|advertising|ad|"
    "sponsored|story continues below advertisement|article continues below|sharing and comments|reply|"
    "leave a reply|leave a comment|no comments|comments|comment|older post|newer post|next|previous|prev|next post|"
    "previous post|back to top|top|menu|search|skip to content|skip to main content|print friendly and pdf|"
    "read more|more|continue reading|related|related posts|related content|related articles|recent posts|"
    "about the author|subscribe|sign up|follow us|close|play|home|thank you|thanks|please wait|save|view photo|"
    "view photos|view gallery|enlarge image|photo|video|image|show comments|view comments|buy now|log in|login|"
    "sign in|register|credit|source|tags|author|published|updated"
)
TINY = frozenset(_TINY.split("|"))
END = _any(
    r"^(?:\d+ (?:comments?|responses?|replies|thoughts? on .*)|comments?(?: \(\d+\))?|(?:leave|post|add|"
    r"write) a (?:comment|reply)|"
    r"(?:related|recommended|recent|similar|popular|latest) (?:posts?|content|articles?|stories|links|news|reads?)|"
    r"you (?:may|might) also (?:like|enjoy|be interested in)|more (?:posts|stories|articles|news)? ?(?:from|on|like|"
    r"in) .{0,60}|"
    r"read (?:next|this next)|about the authors?|share (?:this|this (?:post|page|article|entry))|sharing and comments|"
    r"join the (?:conversation|discussion)|what do you think\? leave .{0,60}|like this|leave a reply.{0,40})\s*:?$"
)
"""Headings after which the article has nothing more to say."""


def _says_one(words: tuple[str, ...], text: str) -> bool:
    for word in words:  # noqa: SIM110 - a generator takes twice as long, and this is asked of every block
        if word in text:
            return True
    return False


@lru_cache(maxsize=4096)
def is_noise(text: str) -> bool:
    """Whether the whole block is furniture. Remembers, for two extractors ask about the same blocks."""
    if len(text) > LONGEST:
        return False
    folded = text.casefold()
    if len(text) < _SHORT and folded.strip(" .:|…!→»") in TINY:
        return True
    return bool(
        _WHOLE.match(text)
        or BYLINE.match(text)
        or (_says_one(_BEHIND, folded) and _WHOLE_BUT_THE_START.match(text))
        or (len(text) <= _SHORT and _says_one(_THERE, folded) and _ANYWHERE.search(text))
    )
