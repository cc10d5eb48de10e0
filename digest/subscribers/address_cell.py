"""What people and programs write where an address should be: `Ada <ada@…>`, `mailto:ada@…`, invisible characters. Pure.

Nothing here decides whether it is an address; `email_addresses` does.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

_PLAIN = re.compile(r"[A-Za-z0-9_%+=-][A-Za-z0-9_%+=.-]*@[A-Za-z0-9.-]*[A-Za-z0-9]")
# Zero-width and direction marks, soft hyphens, no-break spaces: what comes along when an address is copied.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u2066\u2067\u2068\u2069\xa0 \t"
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_COMMENTED = re.compile(r"([^()]*)\(([^()]*)\)")  # "ada@example.org (Ada)", as in RFC 5322, section 3.4.1
_AFTER_MAILBOX = re.compile(r"(?<=>)[\s,;]*")
_BETWEEN_ADDRESSES = re.compile(r"[\s,;]+")
_LONGEST = 2000  # characters: what is longer is no address, whatever way it is written


is_plain_address = _PLAIN.fullmatch
"""Whether a cell holds an address without any decoration; most do."""


class AddressCell(NamedTuple):
    """The address in a cell, and the name beside it; "" if there is none."""

    address: str
    name: str = ""


def read_address_cell(cell: str) -> AddressCell:
    """Return what is left of a cell without its decoration."""
    if len(cell) > _LONGEST or is_plain_address(cell):
        return AddressCell(cell)
    text, name = cell.strip(_INVISIBLE), ""
    if named := _NAMED.fullmatch(text.rstrip(",;. ")):
        name, text = named.groups()
    elif commented := _COMMENTED.fullmatch(text):
        text, name = commented.groups()
    text = text.strip(_INVISIBLE)
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":  # Outlook puts an address that is also the name so
        text = text[1:-1]
    text = text.strip(_INVISIBLE).rstrip(".,;:")
    return AddressCell(text, name.strip(_INVISIBLE).strip("\"'").strip())


def split_mailboxes(text: str) -> list[str]:
    """Return the mailboxes in a text that holds several; the text itself if it holds one, or if it cannot be split."""
    if text.count("@") < 2 or len(text) > 100_000:
        return [text]
    parts = _AFTER_MAILBOX.split(text) if ">" in text else _BETWEEN_ADDRESSES.split(text)
    parts = [part for part in parts if part]
    return parts if all(part.count("@") == 1 for part in parts) else [text]
