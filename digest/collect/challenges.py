"""Challenges: pages that want proof of a person before they show anything. No feed reader passes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADERS = {
    "cf-mitigated": ("challenge",),  # Cloudflare
    "x-amzn-waf-action": ("challenge", "captcha"),
    "x-vercel-mitigated": ("challenge", "deny"),
}
_TITLES = re.compile(
    r"<title[^<>]{0,200}>\s{0,99}(?:just a moment(?:\.\.\.|…)?|attention required!|ddos-guard"
    r"|one moment, please(?:\.\.\.)?|checking your browser[^<>|]{0,99}"
    r"|making sure you(?:'|&#39;|’|&rsquo;)re not a bot!?|(?:human|bot) verification"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human[^<>|]{0,40}|are you a robot\?|pardon our interruption(?:\.\.\.)?"
    r"|(?:vercel )?security checkpoint|client challenge|radware (?:bot manager )?captcha)"
    r"\s{0,99}(?:[|–-][^<>]{0,99})?</title",
    re.IGNORECASE,
)
"""All of the title, so that no article about "just a moment in time" is one."""
_MARKS = re.compile(
    rb"/cdn-cgi/challenge-platform/[^\"']{1,200}/orchestrate/|_Incapsula_Resource|geo\.captcha-delivery\.com"
    rb"|window\._cf_chl_opt|sgcaptcha",
    re.IGNORECASE,
)
"""Scripts that only such a page has. They count where the server denied the request: some stand in whole pages, too."""
_READ = 20_000  # bytes


def is_challenge(status: int, headers: Mapping[str, str], content: bytes) -> bool:
    """Whether an answer is such a page: by headers that say so, else by the page's title or scripts."""
    if any(headers.get(name, "").strip().lower() in values for name, values in _HEADERS.items()):
        return True
    start = content[:_READ]
    if _TITLES.search(start.decode("utf-8", "replace")) and b"<rss" not in start and b"<feed" not in start:
        return True
    return status in (202, 401, 403, 405, 429, 503) and _MARKS.search(start) is not None
