"""Foreign addresses on their way into a mail: http and https only, in plain ASCII, or no link at all."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

from digest.domain_names import DomainNameError, to_ascii

_LONGEST = 2000  # characters; clients and gateways cut longer ones
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TEMPLATE_TAG = re.compile(r"\{[{%]|%7B%7B", re.IGNORECASE)


def safe_url(url: str) -> str:
    """`url` as ASCII that is safe in an href, or "" where there should be no link.

    Refused: other schemes, names and passwords, hosts that are none (labels of 1–63 characters, IDNA), bare numbers
    and addresses for hosts (but for loopback: rehearsals run there), characters that browsers read in more than one
    way (backslashes, line breaks), template tags that somebody's software left in, and more than 2,000 characters.
    """
    url = url.strip()
    if len(url) > _LONGEST or re.search(r"[\x00-\x1f\x7f-\xa0\\\u2028\u2029\ud800-\udfff⟦⟧]", url):
        return ""
    if _TEMPLATE_TAG.search(url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or port == 0:
        return ""
    host = _host(parts.hostname or "")
    if not host:
        return ""
    place = f"{host}:{port}" if port is not None else host
    path = _quoted(parts.path, "/:@!$&()*+,;=") or "/"
    query = f"?{_quoted(parts.query, '/:@!$&()*+,;=?')}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment, '/:@!$&()*+,;=?')}" if parts.fragment else ""
    safe = f"{parts.scheme}://{place}{path}{query}{fragment}"
    return safe if len(safe) <= _LONGEST else ""


def host_without_www(url: str) -> str:
    """The host of a safe address, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _host(host: str) -> str:
    """The host in ASCII, or "" where it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        if not address.is_loopback:
            return ""
        return f"[{address}]" if address.version == 6 else str(address)
    try:
        name = to_ascii(host)
    except DomainNameError:
        return ""
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    if len(labels) == 1:
        return name if name == "localhost" else ""
    # A last label of digits makes browsers read the whole as an IPv4 address, however odd.
    return "" if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]) else name


def _quoted(part: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", part), safe=safe + "%~")
