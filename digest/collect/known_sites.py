"""The feeds of sites whose pages do not name them: from the address of a page to the address of its feed."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_YOUTUBE = "https://www.youtube.com/feeds/videos.xml"
_CHANNEL = r"UC[\w-]{22}"
_CHANNEL_OF_PAGE = re.compile(
    rf"youtube\.com/channel/({_CHANNEL})|\"(?:externalId|channelId)\"\s?:\s?\"({_CHANNEL})\"|channel_id=({_CHANNEL})"
)
_READ = 2_000_000  # characters of a page
_WORD = r"[\w.%~-]{1,200}"
_GITHUB_PAGES = ("orgs", "topics", "features", "search", "settings", "marketplace", "sponsors", "about")
_GOV_UK_LISTS = re.compile(
    r"/search/[\w-]+|/government/(?:organisations|people|ministers|topical-events|statistics/\w+)/[\w-]+"
    r"|/foreign-travel-advice(?:/[\w-]+)?|/world/organisations/[\w-]+"
)


def known_feed(url: str) -> str:
    """Where the feed of a page is, for sites that we know; "" for all others."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    path = re.sub(r"/+$", "", parts.path)
    if host == "youtube.com":
        return _youtube(path, parts.query)
    if host == "medium.com":
        match = re.match(rf"/(@{_WORD}|tag/{_WORD}|{_WORD})", path)
        return f"https://medium.com/feed/{match[1]}" if match and not path.startswith("/feed") else ""
    if host.endswith(".medium.com"):
        return f"https://{host}/feed"
    if host == "bsky.app":
        match = re.match(r"/profile/([\w.:-]{1,253})", path)
        return f"https://bsky.app/profile/{match[1]}/rss" if match else ""
    if host == "github.com":
        return _github(path)
    if host in ("gitlab.com", "codeberg.org") and (match := re.match(rf"/({_WORD}/{_WORD})", path)):
        return f"https://{host}/{match[1]}/" + ("-/tags?format=atom" if host == "gitlab.com" else "releases.rss")
    if host == "vimeo.com" and (match := re.match(r"/((?:channels/|groups/)?[A-Za-z][\w-]{1,100})", path)):
        return f"https://vimeo.com/{match[1]}/videos/rss"
    if host == "substack.com":
        match = re.match(r"/@([A-Za-z0-9-]{1,63})", path)
        return f"https://{match[1].lower()}.substack.com/feed" if match else ""
    if host.endswith(".substack.com"):
        return f"https://{host}/feed"
    if host == "gov.uk" and _GOV_UK_LISTS.fullmatch(path):
        return f"https://www.gov.uk{path}.atom{'?' + parts.query if parts.query else ''}"
    if host == "reddit.com" and re.match(r"/(?:r|user)/", path):
        return f"https://www.reddit.com{path}/.rss"
    # A profile of another server, as a third one shows it.
    if match := re.fullmatch(r"/@([\w.-]{1,100})@([A-Za-z0-9.-]{1,253})", path):
        return f"https://{match[2].lower()}/@{match[1]}.rss"
    # Mastodon and what speaks its language: a profile on any host.
    if match := re.fullmatch(r"/(?:@|users/)([\w.-]{1,100})", path):
        return f"{parts.scheme}://{parts.netloc}/@{match[1]}.rss"
    return ""


def _youtube(path: str, query: str) -> str:
    if match := re.match(rf"/channel/({_CHANNEL})(?:/|$)", path):
        return f"{_YOUTUBE}?channel_id={match[1]}"
    if match := re.match(rf"/user/({_WORD})", path):
        return f"{_YOUTUBE}?user={match[1]}"
    playlist = parse_qs(query, max_num_fields=50).get("list", [""])[0] if len(query) < 2_000 else ""
    return f"{_YOUTUBE}?playlist_id={playlist}" if re.fullmatch(r"[\w-]{10,100}", playlist) else ""


def _github(path: str) -> str:
    match = re.match(r"/([\w.-]{1,100})(?:/([\w.-]{1,100})(?:/(releases|tags|commits)\b.*)?)?$", path)
    if not match or match[1] in _GITHUB_PAGES or path.endswith(".atom"):
        return ""
    if not match[2]:
        return f"https://github.com/{match[1]}.atom"
    return f"https://github.com/{match[1]}/{match[2]}/{match[3] or 'releases'}.atom"


def feed_of_page(html: str, url: str) -> str:
    """Where the feed is, for addresses that only the page resolves: a YouTube channel by its handle. Else ""."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    match = _CHANNEL_OF_PAGE.search(html[:_READ]) if host == "youtube.com" else None
    return f"{_YOUTUBE}?channel_id={match[1] or match[2] or match[3]}" if match else ""
