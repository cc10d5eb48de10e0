"""What a browser says of the languages that its user reads (RFC 9110, section 12.5.4). Pure."""

from __future__ import annotations

_MOST = 20  # entries that are looked at; browsers send a handful
_LONGEST = 35  # characters of a tag (RFC 5646, section 4.4.1)


def accepted(header: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first; without those that are refused, and without "*"."""
    found: list[tuple[float, str]] = []
    for entry in header.split(",")[:_MOST]:
        tag, _, parameters = entry.partition(";")
        tag, weight = tag.strip(), _weight(parameters)
        if weight > 0 and tag not in ("", "*") and len(tag) <= _LONGEST:
            found.append((-weight, tag))
    return [tag for _, tag in sorted(found, key=lambda pair: pair[0])]


def _weight(parameters: str) -> float:
    """0 to 1; an entry whose weight cannot be read counts as refused."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" and value.strip().isascii() else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
