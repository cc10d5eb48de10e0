"""Preflight checks of the form of the mail's links: URLs and link texts. `dead_links` checks where they lead."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from digest.collect.urls import clean_url, tracking_in
from digest.edition.preflight.parsed_mail import Node
from digest.edition.preflight.preflight_input import SLOT, TEMPLATE, Findings, PreflightInput
from digest.model import Finding, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

_GENERIC_TEXT = re.compile(
    r"(click here|here|read more|more|link|this|learn more|continue reading|see more|details|go|view|open|read)\W*",
    re.IGNORECASE,
)
_TOLD_BY = 40  # characters of its title by which a post is told from others
_SCHEMES = ("http", "https", "mailto")
_SHORTENERS = frozenset({"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly"})


def broken(draft: PreflightInput) -> Findings:
    """Find links that lead nowhere, that no mail program opens, or that nobody sees."""
    anchors = {node.attributes["id"] for node in draft.nodes if node.attributes.get("id")}
    for link, text in zip(draft.links, draft.link_texts, strict=True):
        url = link.attributes.get("href", "")
        if SLOT.search(url):
            continue
        if url.startswith("#"):
            if url[1:] not in anchors:
                what = f"The link “{text}” points to {url}, which is not in the mail."
                yield Finding(ERROR, "links", what, TEMPLATE)
            continue
        if _parts(url).scheme not in _SCHEMES:
            yield Finding(
                ERROR,
                "links",
                f"The link “{text}” has an address that mail programs do not open: {url[:80]!r}.",
                TEMPLATE,
                draft.place_of(url),
            )
        elif not (text or _described(link)):
            what = f"The link to {url[:80]} has no text."
            yield Finding(ERROR, "links", what, "Give the post a title.", draft.place_of(url))


def links(draft: PreflightInput) -> Findings:
    urls: dict[str, set[str]] = {"local": set(), "http": set(), "shortener": set()}
    for link, text in zip(draft.links, draft.link_texts, strict=True):
        url = link.attributes.get("href", "")
        if SLOT.search(url) or (parts := _parts(url)).scheme not in _SCHEMES:
            continue
        host = parts.hostname or ""
        if _loopback(host):
            urls["local"].add(url)
        elif parts.scheme == "http":
            urls["http"].add(url)
        if tracking := _tracking_in(url):
            what = f"The link “{text}” has tracking parameters ({', '.join(tracking)[:80]}): {url[:100]}."
            yield Finding(WARNING, "links", what, f"Use {clean_url(url)[:300]} instead.", draft.place_of(url))
        if host in _SHORTENERS:
            urls["shortener"].add(url)
        if _GENERIC_TEXT.fullmatch(text):
            what = f"The link text “{text}” does not say where the link leads."
            yield Finding(WARNING, "links", what, "Say what subscribers will find there.", draft.place_of(url))
    yield from _group(
        urls["local"],
        ("leads", "lead"),
        "to this computer",
        "Subscribers cannot open it. For a rehearsal this is fine.",
    )
    yield from _group(
        urls["http"], ("is", "are"), "not encrypted (http)", "If the site has https, correct the feed's address."
    )
    yield from _group(urls["shortener"], ("uses", "use"), "a link shortener", "Use the address that it leads to.")


def _described(link: Node) -> bool:
    return any(node.attributes.get("alt") for node in link.walk())


# The same links are looked at after each change of an edition.
_parts = lru_cache(maxsize=4_096)(urlsplit)
_tracking_in = lru_cache(maxsize=4_096)(tracking_in)


def unlinked(draft: PreflightInput) -> Findings:
    """Find posts that the mail shows without a link, because their URL is missing or not safe to open."""
    link_texts = {_plain(text) for text in draft.link_texts}
    beginnings = {text[:_TOLD_BY] for text in link_texts}
    whole_text = _plain(draft.text)
    for post in draft.edition.posts:
        title = _plain(post.title)
        start = title[:_TOLD_BY]
        if start in beginnings or (len(start) < _TOLD_BY and any(text.startswith(start) for text in link_texts)):
            continue
        if start in whole_text:
            reason = f"its address is not safe to open ({post.url[:80]})" if post.url else "its feed gives no address"
            yield Finding(
                WARNING,
                "links",
                f"“{title[:120]}” is shown without a link: {reason}.",
                "Drop the post, or check its feed.",
                post.id,
            )


def _plain(text: str) -> str:
    """Remove invisible characters, which the feed or the mail may have, and fold white space."""
    return " ".join(re.sub("[\u00ad\u200b\u2060]", "", text).split())


def _group(urls: set[str], verbs: tuple[str, str], what: str, remedy: str) -> Findings:
    """Yield one finding for all links with the same fault."""
    if len(urls) == 1:
        yield Finding(WARNING, "links", f"1 link {verbs[0]} {what}: {min(urls)[:100]}.", remedy)
    elif urls:
        message = f"{len(urls)} links {verbs[1]} {what}, for example {min(urls)[:100]}."
        yield Finding(WARNING, "links", message, remedy)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
