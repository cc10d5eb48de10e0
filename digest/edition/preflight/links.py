"""Preflight checks of the mail's links."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from digest.collect.urls import clean_url, tracking_in
from digest.edition.preflight.preflight_input import SLOT, TEMPLATE, Findings, PreflightInput
from digest.model import Finding, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

_GENERIC = re.compile(
    r"(click here|here|read more|more|link|this|learn more|continue reading|see more|details|go|view|open|read)\W*",
    re.IGNORECASE,
)
_SHORTENERS = frozenset({"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly"})


def links(draft: PreflightInput) -> Findings:
    anchors = {node.attributes["id"] for node in draft.tree.walk() if node.attributes.get("id")}
    kinds: dict[str, set[str]] = {"local": set(), "open": set(), "short": set()}
    for link in draft.links:
        address, text = link.attributes.get("href", ""), link.text
        if SLOT.search(address):
            continue
        if address.startswith("#"):
            if address[1:] not in anchors:
                what = f"The link “{text}” leads to {address}, which is not in the mail."
                yield Finding(ERROR, "links", what, TEMPLATE)
            continue
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https", "mailto"):
            yield Finding(ERROR, "links", f"The link “{text}” has the address {address[:80]!r}.", TEMPLATE)
            continue
        host = parts.hostname or ""
        if _loopback(host):
            kinds["local"].add(address)
        elif parts.scheme == "http":
            kinds["open"].add(address)
        if tracking := tracking_in(address):
            what = f"The link “{text}” carries tracking parameters ({', '.join(tracking)[:80]}): {address[:100]}."
            yield Finding(WARNING, "links", what, f"Use {clean_url(address)[:300]} instead.")
        if host in _SHORTENERS:
            kinds["short"].add(address)
        if not text and not any(node.attributes.get("alt") for node in link.walk()):
            yield Finding(ERROR, "links", f"A link to {address[:80]} has no text.", "Give the post a title.")
        elif _GENERIC.fullmatch(text):
            what = f"The link text “{text}” does not say where it goes."
            yield Finding(WARNING, "links", what, "Write what the subscriber finds there.")
    yield from _several(kinds["local"], "on this machine only", "Subscribers cannot follow them; fine for a rehearsal.")
    yield from _several(
        kinds["open"], "without encryption (http)", "See whether the site has https, and correct the feed's address."
    )
    yield from _several(kinds["short"], "behind a link shortener", "Use the address that it leads to.")


def unlinked(draft: PreflightInput) -> Findings:
    """Posts whose address is not one that a mail should link to."""
    titles = {_plain(link.text) for link in draft.links}
    everything = _plain(draft.tree.text)
    for post in draft.edition.posts:
        shown = _plain(post.title)
        if shown[:40] in everything and not any(title.startswith(shown[:40]) for title in titles):
            yield Finding(
                WARNING,
                "links",
                f"“{shown[:120]}” is shown without a link: {post.url[:80] or 'its feed gives no address'}.",
                "Its address is not safe to follow. Drop the post, or look at its feed.",
            )


def _plain(text: str) -> str:
    """Without the invisible characters that the mail may have, or the feed."""
    return " ".join(re.sub("[\u00ad\u200b\u2060]", "", text).split())


def _several(addresses: set[str], what: str, remedy: str) -> Findings:
    if addresses:
        count = "1 link is" if len(addresses) == 1 else f"{len(addresses)} links are"
        yield Finding(WARNING, "links", f"{count} {what}, such as {min(addresses)[:100]}.", remedy)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
