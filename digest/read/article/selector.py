"""Whether a text is a CSS selector that an article can be chosen by."""

from __future__ import annotations

from lxml.etree import LxmlError

LONGEST = 500  # characters


def selector_problem(selector: str) -> str:
    """Return why a text is no CSS selector, as a sentence; "" if it is one."""
    from lxml.cssselect import CSSSelector

    if len(selector) > LONGEST:
        return f"A selector has at most {LONGEST} characters."
    try:
        CSSSelector(selector)
    except (LxmlError, SyntaxError, ValueError, RecursionError) as error:  # cssselect's errors are SyntaxErrors
        return f"That is no CSS selector: {str(error)[:200].rstrip('.')}."
    return ""
