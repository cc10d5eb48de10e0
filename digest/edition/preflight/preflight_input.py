"""The values that preflight checks take: the edition, its mail, results of link checks, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from digest.edition.preflight.parsed_mail import Node
from digest.mail.rendering.safe_links import safe_url
from digest.model import Edition, EditionMail, Finding

SLOT = re.compile("⟦([^⟧]*)⟧")
"""A place that is filled in for each subscriber."""

_HEADING = re.compile("h[1-6]")
TEMPLATE = "Correct your e-mail templates, or delete your copies to use the supplied ones."


class PreflightSettings(Protocol):
    """The settings that checks need (`digest.mail.rendering.design.Design` is one)."""

    @property
    def public_url(self) -> str: ...

    @property
    def postal_address(self) -> str: ...

    @property
    def logo(self) -> str: ...


class LinkState(StrEnum):
    """The result of checking a link."""

    REACHED = "reached"
    GONE = "gone"  # the server says that there is no such page: 404, 410
    UNREACHABLE = "unreachable"  # no reply, or a server error: subscribers would get the same
    UNKNOWN = "unknown"  # the server turns programs away, or there was no time: the link may work for subscribers


@dataclass(frozen=True, slots=True)
class LinkResult:
    state: LinkState
    at: datetime  # when it was checked
    reason: str = ""  # whole sentences, for the editor; "" where it was reached


LinkResults = Mapping[str, LinkResult]
"""By URL. A link that is not in it was not checked."""


@dataclass(frozen=True)
class PreflightInput:
    """An edition, its mail and what checks compare them with. The mail's HTML is parsed once, for all checks."""

    edition: Edition
    rendered: EditionMail
    design: PreflightSettings
    previous: Edition | None  # the last edition that was sent
    online: LinkResults
    tree: Node
    hold_withdrawn: bool = False  # whether a post whose page is gone blocks approval
    is_month: bool = False  # whether it is for monthly subscribers: most of its posts are from editions that were sent

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All elements of the mail's HTML, in the order of the document."""
        return tuple(self.tree.walk())

    @cached_property
    def links(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.tag == "a")

    @cached_property
    def link_texts(self) -> tuple[str, ...]:
        """The visible texts of `links`."""
        return tuple(link.text for link in self.links)

    @cached_property
    def headings(self) -> tuple[tuple[int, str], ...]:
        """The level and the text of each heading."""
        return tuple((int(node.tag[1]), node.text) for node in self.nodes if _HEADING.fullmatch(node.tag))

    @cached_property
    def _posts(self) -> dict[str, str]:
        return {safe_url(post.url): post.id for post in self.edition.posts if post.url}

    def place_of(self, url: str) -> str:
        """Return where a link of the mail is mended: in which post, in the introduction, or "" for the template."""
        return self._posts.get(url) or ("introduction" if url and url in self.edition.introduction else "")

    @cached_property
    def text(self) -> str:
        """The visible text of the HTML part, on one line."""
        return self.tree.text


Findings = Iterator[Finding]
