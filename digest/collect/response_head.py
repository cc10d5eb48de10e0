"""The head of an HTTP/1.1 response as browsers read it: a line that is no header is passed over.

h11 is strict: one line without a colon, a blank in a name or a length that is no number costs the whole response. Feeds
come from such servers, too, and a client that asks for one thing at a time cannot be led astray by what it leaves out.
"""

from __future__ import annotations

import re

LARGEST = 256 * 1024
"""Bytes of one head; what Chromium allows."""
_END = re.compile(rb"\n\r?\n")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")


def end_of_head(data: bytes | bytearray, start: int = 0) -> int:
    """Where the body begins; 0 while the head is not complete. What lies before `start` has been looked at."""
    match = _END.search(data, max(0, start - 2))
    return match.end() if match else 0


def tidy_head(head: bytes) -> bytes:
    """The same head with only those lines that are headers: status line, "Name: value" lines, an empty line."""
    status, *lines = head.lstrip(b"\r\n").split(b"\n")
    tidy = [re.sub(rb"^ICY(?= )", b"HTTP/1.0", status.rstrip(b"\r"))]  # as Shoutcast and its kin call it
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            continue  # more of the value above, as once was allowed; no header that we read is so long
        name, colon, value = line.partition(b":")
        name, value = name.rstrip(b" \t"), _NOT_IN_VALUES.sub(b" ", value).strip(b" \t")
        if name.lower() == b"transfer-encoding" and re.search(rb",\s*chunked$", value, re.IGNORECASE):
            value = b"chunked"  # what is inside is known by its beginning
        if colon and _NAME.fullmatch(name) and _is_usable(name.lower(), value):
            tidy.append(name + b": " + value)
    return b"\r\n".join(tidy) + b"\r\n\r\n"


def _is_usable(name: bytes, value: bytes) -> bool:
    """Whether h11 can do with a header that says where the body ends."""
    if name == b"content-length":
        return re.fullmatch(rb"[0-9]{1,18}(?:\s*,\s*[0-9]{1,18}){0,9}", value) is not None
    if name == b"transfer-encoding":
        return value.lower() == b"chunked"
    return True
