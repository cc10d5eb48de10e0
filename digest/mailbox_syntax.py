"""Read a mailbox as people write it in settings: `The Digest <digest@example.org>`."""

from __future__ import annotations

import re
from email.utils import parseaddr

_NAME_AND_ADDRESS = re.compile(r"\s*([^<>]*?)\s*<([^<>\s]+@[^<>\s]+)>\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def split_mailbox(text: str) -> tuple[str, str]:
    """Return display name and address; "" for what is not there.

    A name needs no quotes, whatever it holds: RFC 5322 section 3.4 wants them around `Health, Ministry of`, and
    Python's parser reads only the first word of such a name, as an address.
    """
    match = _NAME_AND_ADDRESS.fullmatch(text)
    if match is None:
        return parseaddr(text)
    name, address = match.groups()
    quoted = _QUOTED.fullmatch(name)
    return (re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else name), address
