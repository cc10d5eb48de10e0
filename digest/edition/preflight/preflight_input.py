"""The values that preflight checks take: the edition, its mail, results of link checks, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from digest.edition.preflight.parsed_mail import Node
from digest.model import Edition, EditionMail, Finding

SLOT = re.compile("⟦([^⟧]*)⟧")
"""A place that is filled in for each subscriber."""

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


@dataclass(frozen=True, slots=True)
class PreflightInput:
    """An edition, its mail and what checks compare them with. The mail's HTML is parsed once, for all checks."""

    edition: Edition
    rendered: EditionMail
    design: PreflightSettings
    previous: Edition | None  # the last edition that was sent
    online: LinkResults
    tree: Node
    hold_withdrawn: bool = False  # whether a post whose page is gone blocks approval

    @property
    def links(self) -> Iterator[Node]:
        return (node for node in self.tree.walk() if node.tag == "a")


Findings = Iterator[Finding]
