"""The four looks: how large and in which letters each part is set. Mail, archive and pages read it here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from digest.settings.tables import LookName

SERIF = "Georgia,'Times New Roman',serif"
SANS = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Size:
    """A font size and a line height, in px."""

    size: int
    line: int

    def __str__(self) -> str:
        """As a style; the line height grows with the letters where a reader enlarges them."""
        return f"font-size:{self.size}px;line-height:{self.ratio}"

    @property
    def ratio(self) -> str:
        return f"{self.line / self.size:.3g}"


@dataclass(frozen=True, slots=True)
class Look:
    """One way of setting the same words."""

    name_font: str  # of the newsletter's name
    heading_font: str
    body_font: str
    name: Size
    name_on_phones: Size
    opening: Size  # the editor's words
    lead: Size  # the title of the first post
    title: Size  # of the others
    body: Size
    gap: int  # px above a post
    label: Size  # the title of a theme
    rule: int  # px: the line above it


LOOKS: Mapping[LookName, Look] = MappingProxyType(
    {
        "masthead": Look(
            name_font=SERIF,
            heading_font=SERIF,
            body_font=SANS,
            name=Size(30, 34),
            name_on_phones=Size(27, 32),
            opening=Size(17, 26),
            lead=Size(26, 31),
            title=Size(20, 26),
            body=Size(16, 24),
            gap=24,
            label=Size(14, 20),
            rule=1,
        ),
        "letter": Look(
            name_font=SANS,
            heading_font=SERIF,
            body_font=SERIF,
            name=Size(17, 24),
            name_on_phones=Size(17, 24),
            opening=Size(19, 28),
            lead=Size(23, 29),
            title=Size(20, 26),
            body=Size(17, 26),
            gap=28,
            label=Size(14, 20),
            rule=1,
        ),
        "compact": Look(
            name_font=SANS,
            heading_font=SANS,
            body_font=SANS,
            name=Size(19, 26),
            name_on_phones=Size(19, 26),
            opening=Size(16, 24),
            lead=Size(18, 24),
            title=Size(18, 24),
            body=Size(16, 24),
            gap=18,
            label=Size(15, 22),
            rule=1,
        ),
        "plain": Look(
            name_font=SERIF,
            heading_font=SERIF,
            body_font=SANS,
            name=Size(34, 40),
            name_on_phones=Size(28, 34),
            opening=Size(17, 26),
            lead=Size(24, 30),
            title=Size(20, 26),
            body=Size(16, 25),
            gap=26,
            label=Size(18, 24),
            rule=3,
        ),
    }
)
