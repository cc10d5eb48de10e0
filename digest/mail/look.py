"""The settings that show in a mail, and what follows from them: palette, fonts, addresses of the public pages."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from digest.colour import readable
from digest.model import ELSEWHERE

if TYPE_CHECKING:
    from digest.settings import Settings

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})

_ACCENTS = ("#1d4f91", "#8a3b12", "#17694c", "#77316f", "#0f6570", "#9a2740", "#6b5600", "#4b4a9c")
"""The accents of themes, in the order of the settings; each has 4.5:1 or more on white."""

_ELSEWHERE_ACCENT = "#50565f"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, light or dark. All are `#rrggbb`."""

    paper: str  # around the letter
    card: str  # the letter itself
    ink: str  # text
    muted: str  # lines that stand back
    line: str  # rules
    accent: str  # the newsletter's own colour, as text on the card
    themes: tuple[str, ...]  # as text on the card, in the order of the settings
    elsewhere: str

    def theme(self, key: str, keys: tuple[str, ...]) -> str:
        """The accent of a theme. One that the settings no longer name has the colour of ELSEWHERE."""
        return self.themes[keys.index(key) % len(self.themes)] if key in keys else self.elsewhere


@dataclass(frozen=True, slots=True)
class Look:
    """What of the settings shows in a mail. A change of any of these changes what readers see."""

    title: str
    from_: str  # "The Digest <digest@example.org>"
    reply_to: str = ""
    language: str = "en-GB"
    timezone: str = "Europe/London"
    postal_address: str = ""
    public_url: str = ""  # "" where there are no public pages; never ends with a slash
    accent: str = "#1d4f91"
    logo: str = ""
    logo_alt: str = ""
    font: str = ""
    images: bool = False
    themes: tuple[str, ...] = ()  # keys, in the order of the settings: each has its own accent

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def address(self) -> str:
        """The bare From address."""
        return parseaddr(self.from_)[1]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def archive_url(self) -> str:
        return f"{self.public_url}/archive/" if self.public_url else ""

    @property
    def sources_url(self) -> str:
        return f"{self.archive_url}sources" if self.public_url else ""

    def web_url(self, week: str) -> str:
        """The address of an edition's web page, "" where there are no public pages."""
        return f"{self.archive_url}{week}" if self.public_url else ""

    @property
    def light(self) -> Palette:
        return _palette(self.accent, paper="#f3f0e9", card="#ffffff", ink="#1d1f21", muted="#5a5c5e", line="#dfdacf")

    @property
    def dark(self) -> Palette:
        return _palette(self.accent, paper="#121416", card="#1c1f22", ink="#ebe8e2", muted="#b4b2ac", line="#3b4046")

    @property
    def heading_font(self) -> str:
        return self.font or "Georgia,'Times New Roman',serif"

    @property
    def body_font(self) -> str:
        return self.font or "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


def direction(language: str) -> str:
    """`"rtl"` or `"ltr"`: the writing direction of a BCP 47 tag."""
    parts = language.replace("_", "-").lower().split("-")
    return "rtl" if parts[0] in RIGHT_TO_LEFT or {"arab", "hebr"} & set(parts[1:]) else "ltr"


def _palette(accent: str, *, paper: str, card: str, ink: str, muted: str, line: str) -> Palette:
    return Palette(
        paper=paper,
        card=card,
        ink=ink,
        muted=muted,
        line=line,
        accent=readable(accent, card),
        themes=tuple(readable(shade, card) for shade in _ACCENTS),
        elsewhere=readable(_ELSEWHERE_ACCENT, card),
    )


def look_of(settings: Settings) -> Look:
    newsletter, design = settings.newsletter, settings.design
    return Look(
        title=newsletter.title,
        from_=newsletter.from_,
        reply_to=newsletter.reply_to or "",
        language=newsletter.language,
        timezone=newsletter.timezone,
        postal_address=newsletter.postal_address,
        public_url=newsletter.public_url.rstrip("/"),
        accent=design.accent,
        logo=design.logo,
        logo_alt=design.logo_alt,
        font=design.font,
        images=design.images,
        themes=tuple(theme.key for theme in settings.themes if theme.key != ELSEWHERE),
    )
