"""What the preflight's checks look at."""

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

TEMPLATE = "Mend the e-mail templates, or delete your copy of them."


class PreflightSettings(Protocol):
    """What the checks need of the settings that show (`digest.mail.rendering.design.Design` is one)."""

    @property
    def public_url(self) -> str: ...

    @property
    def postal_address(self) -> str: ...

    @property
    def logo(self) -> str: ...


class LinkState(StrEnum):
    """What came of visiting a link."""

    REACHED = "reached"
    GONE = "gone"  # its server says that there is nothing at this address: 404, 410
    UNREACHABLE = "unreachable"  # no answer, or a fault: what a subscriber would get as well
    UNKNOWN = "unknown"  # programs are turned away, or there was no time: says nothing of what subscribers get


@dataclass(frozen=True, slots=True)
class LinkResult:
    state: LinkState
    at: datetime  # when it was visited
    reason: str = ""  # for people, as whole sentences; "" where it was reached


LinkResults = Mapping[str, LinkResult]
"""By address. A link that is not in it was not visited."""


@dataclass(frozen=True, slots=True)
class PreflightInput:
    """An edition, its mail, and what is known around them; the mail's HTML read once."""

    edition: Edition
    rendered: EditionMail
    design: PreflightSettings
    previous: Edition | None  # the last edition that was sent
    online: LinkResults
    tree: Node
    hold_withdrawn: bool = False  # whether an edition waits for its editor when a post has gone

    @property
    def links(self) -> Iterator[Node]:
        return (node for node in self.tree.walk() if node.tag == "a")


Findings = Iterator[Finding]
