"""Parsing the Accept-Language header (RFC 9110, section 12.5.4). Pure."""

from __future__ import annotations

_MAX_ENTRIES = 20  # browsers send a handful
_MAX_TAG = 35  # characters of a tag (RFC 5646, section 4.4.1)


def accepted_languages(header: str) -> list[str]:
    """Return the tags of the header, the most preferred first, without those of weight 0 and without "*"."""
    weighted: list[tuple[float, str]] = []
    for entry in header.split(",")[:_MAX_ENTRIES]:
        tag, _, parameters = entry.partition(";")
        tag, weight = tag.strip(), _weight(parameters)
        if weight > 0 and tag not in ("", "*") and len(tag) <= _MAX_TAG:
            weighted.append((-weight, tag))
    return [tag for _, tag in sorted(weighted, key=lambda pair: pair[0])]


def _weight(parameters: str) -> float:
    """Return a weight from 0 to 1; 0 if it is malformed."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" and value.strip().isascii() else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
