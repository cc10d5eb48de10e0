"""What never stands in the log: addresses and secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

ADDRESS = "(address)"
SECRET = "(secret)"  # noqa: S105 -- what is shown in the place of one
RECIPIENT = "(recipient)"
_SHORTEST_SECRET = 4  # characters; a shorter one would be masked in the middle of words

_AT = "(?:[@\uff20\ufe6b]|%40)"
_EDGE = r"\s<>()\[\],;:\"'/@\uff20\ufe6b“”‘’«»"
_LOCAL = rf"(?:(?!%40)[^{_EDGE}])"
_DOMAIN = rf"(?:\[[^\]\s]*\]|(?:(?![.…])[^{_EDGE}]|[.…](?=[^{_EDGE}.…]))+)"
_ADDRESS = re.compile(
    rf"(?://[^\s/@]+@(?=[^\s/]))"  # user and password in a URL
    rf"|\"(?:[^\"\\\r\n]|\\.){{1,100}}\"{_AT}{_DOMAIN}"
    rf"|(?<!{_LOCAL}){_LOCAL}++(?:{_AT}{_LOCAL}*)*{_AT}{_DOMAIN}"
    rf"|[/']{_AT}(?=[^{_EDGE}]*\.){_DOMAIN}",  # a name that ends so; without a dot it is the path of a URL
    re.IGNORECASE,
)


def without_addresses(text: str) -> str:
    """`text` with every e-mail address masked."""
    if "@" not in text and "%40" not in text and "\uff20" not in text and "\ufe6b" not in text:
        return text
    return _ADDRESS.sub(lambda match: f"//{ADDRESS}@" if match[0].startswith("//") else ADDRESS, text)


def without_recipient(text: str, *addresses: str) -> str:
    """`text` of a reply, without the recipient it is about: neither an address nor what stands before its @."""
    for address in addresses:
        local, _, domain = address.rpartition("@")
        for part in (address, f"{local}={domain}", local.strip('"')):
            if part.strip("="):
                text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", RECIPIENT, text, flags=re.IGNORECASE)
    return without_addresses(text)


def masked(text: str, secrets: Sequence[str]) -> str:
    """`text` without addresses and without these secrets."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, SECRET)
    return without_addresses(text)
