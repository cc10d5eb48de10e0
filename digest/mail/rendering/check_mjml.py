"""What the official MJML refuses and MRML silently takes: unknown elements, wrong nesting, text between elements."""

from __future__ import annotations

import re

_HEAD = {
    "mj-attributes",
    "mj-breakpoint",
    "mj-font",
    "mj-html-attributes",
    "mj-preview",
    "mj-raw",
    "mj-style",
    "mj-title",
}
_CONTENT = {
    "mj-accordion", "mj-button", "mj-carousel", "mj-divider", "mj-image", "mj-navbar", "mj-raw", "mj-social",
    "mj-spacer", "mj-table", "mj-text",
}  # fmt: skip
_BLOCKS = {"mj-section", "mj-hero", "mj-raw"}

_CHILDREN: dict[str, set[str]] = {
    "": {"mjml"},
    "mjml": {"mj-head", "mj-body"},
    "mj-head": _HEAD,
    "mj-body": _BLOCKS | {"mj-wrapper"},
    "mj-wrapper": _BLOCKS,
    "mj-section": {"mj-column", "mj-group", "mj-raw"},
    "mj-group": {"mj-column", "mj-raw"},
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-accordion": {"mj-accordion-element", "mj-raw"},
    "mj-accordion-element": {"mj-accordion-title", "mj-accordion-text", "mj-raw"},
    "mj-carousel": {"mj-carousel-image"},
    "mj-navbar": {"mj-navbar-link", "mj-raw"},
    "mj-social": {"mj-social-element", "mj-raw"},
}

_TAG = re.compile(
    r"<!--.*?-->|<(?P<close>/?)(?P<name>mjml|mj-[a-z-]*)\b(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.DOTALL
)


# MRML reads attributes in quotes only, and says no more than "unable to parse" when one has none.
_SLIP = re.compile(
    r"(?P<lone><(?=[\s\d<>=&]))|<[a-zA-Z][\w-]*\s(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(?P<attribute>[\w:-]+)=(?![\"'])"
)


def problem_in(mjml: str) -> str:
    """The first mistake in the structure of `mjml`, with its line, or "" when there is none."""
    slip = _SLIP.search(mjml)
    if slip:
        what = "a bare “<”: write &lt;" if slip["lone"] else f"the attribute {slip['attribute']} needs quotes"
        return f"{_line(slip)}: {what}"
    open_: list[str] = []
    end = 0  # of the element or comment before
    for match in _TAG.finditer(mjml):
        parent = open_[-1] if open_ else ""
        between, end = mjml[end : match.start()].strip(), match.end()
        if between and parent in _CHILDREN:
            return f"{_line(match)}: “{between[:60]}” cannot stand {_where(parent)}, and would be lost"
        name = match["name"]
        if name is None:  # a comment
            continue
        if match["close"]:
            if not open_ or open_.pop() != name:
                return f"{_line(match)}: </{name}> has no matching opening tag"
            continue
        if parent != "mj-attributes" and name not in _CHILDREN.get(parent, set()):
            return f"{_line(match)}: <{name}> cannot stand {_where(parent)}"
        if not match["rest"].endswith("/"):
            open_.append(name)
    return f"<{open_[-1]}> is never closed" if open_ else ""


def _where(parent: str) -> str:
    return f"inside <{parent}>" if parent else "at the top"


def _line(match: re.Match[str]) -> str:
    return f"line {match.string.count(chr(10), 0, match.start()) + 1}"
