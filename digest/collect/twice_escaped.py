"""Text that a feed's program escaped once too often, so that its tags would be read as words. Pure."""

from __future__ import annotations

import html as entities
import re

_TAGS = (
    "p|br|div|span|a|em|strong|b|i|u|ul|ol|li|h[1-6]|blockquote|img|figure|section|article|table|tr|td|th|hr|pre|code|"
    "font|center|iframe|sub|sup"
)
_REAL = re.compile(rf"</?(?:{_TAGS})(?=[\s/>])", re.IGNORECASE)
_ESCAPED = re.compile(rf"&lt;(/?)({_TAGS})(?:\s(?:(?!&lt;|&gt;).){{0,2000}})?/?&gt;", re.IGNORECASE | re.DOTALL)
_STANDS_ALONE = frozenset(("br", "img", "hr"))
_CERTAIN = 4
"""Escaped tags from which a text that does not begin with one is no text about a tag."""
_ENDS_WITH_A_LINK = re.compile(
    r"&lt;a\s(?:(?!&lt;).){0,1000}?href=(?:(?!&lt;).){0,1000}&gt;(?:(?!&lt;).){1,100}&lt;/a&gt;$", re.DOTALL
)
_LONGEST_LINK = 2_000
"""As in "Read more", which programs append."""
_LOOKED_AT = 20_000
"""Characters in which it shows."""


def unescape_twice_escaped(html: str) -> str:
    """Return the html with its tags, where all of them are escaped; else as it is.

    A text that has markup of its own and shows some escaped is about markup. One that only mentions a tag has no pair.
    """
    if "&amp;lt;" in html and "&lt;" not in html:
        once = entities.unescape(html)  # three times
        return entities.unescape(once) if _is_twice_escaped(once[:_LOOKED_AT]) else html
    return entities.unescape(html) if "&lt;" in html and _is_twice_escaped(html[:_LOOKED_AT]) else html


def _is_twice_escaped(start: str) -> bool:
    if _REAL.search(start):
        return False
    tags = [(match[1], match[2].lower()) for match in _ESCAPED.finditer(start)]
    opened, closed = {name for slash, name in tags if not slash}, {name for slash, name in tags if slash}
    if start.lstrip().startswith("&lt;") and opened & (closed | _STANDS_ALONE):
        return True
    if _ENDS_WITH_A_LINK.search(start.rstrip()[-_LONGEST_LINK:]):
        return True
    return len(tags) >= _CERTAIN and bool(opened & closed)
