"""The settings that show in a mail, and what follows from them: palette, fonts, addresses of the public pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.colour import luminance, readable
from digest.mail.rendering.looks import LOOKS, Look
from digest.mailbox_syntax import split_mailbox
from digest.model import ELSEWHERE
from digest.settings.tables import LookName
from digest.words.catalogues import archive_languages
from digest.words.language_tags import canonical, direction, lookup

if TYPE_CHECKING:
    from digest.settings import Settings


_ACCENTS = ("#1f5fb0", "#b4501b", "#1c7f5c", "#8f3a86", "#0f7c8a", "#b82f4d", "#8a6f00", "#5b59bd")
"""The accents of themes, in the order of the settings: as they are for rules, darker or lighter for text."""

_ELSEWHERE_ACCENT = "#6b7280"

_DEEP = 10.8
"""The contrast of all text on white. Gmail's and Outlook's apps make mails dark by themselves: they turn white into
dark grey and deep colours into light ones, but leave the middle ones alone, which then cannot be read."""

_BRIGHT = 7.0  # the contrast of coloured text in the dark scheme: WCAG's AAA


_ON_BAND = 4.8  # the contrast of the newsletter's name on the band
_ALMOST_WHITE = "#f0ece3"
_DARK = 0.05
"""The luminance below which these apps turn a background light, and white on it dark. Lighter backgrounds they leave
alone, but not pure white on them: there it has to be a shade darker to stay."""


@dataclass(frozen=True, slots=True)
class Accent:
    """One colour in its two uses."""

    text: str  # on the card or the panel
    rule: str


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, light or dark. All are `#rrggbb`."""

    paper: str  # around the mail
    card: str  # the mail itself
    ink: str  # text
    muted: str  # lines that stand back
    line: str  # thin rules
    panel: str  # behind what stands apart
    accent: Accent  # the newsletter's own
    band: str  # behind the newsletter's name: the accent, darkened until `on_band` can be read on it
    on_band: str  # white, or close to it
    themes: tuple[Accent, ...]  # in the order of the settings
    elsewhere: Accent

    def theme(self, key: str, keys: tuple[str, ...]) -> Accent:
        """The accent of a theme. One that the settings no longer name has the colour of ELSEWHERE."""
        return self.themes[keys.index(key) % len(self.themes)] if key in keys else self.elsewhere


@dataclass(frozen=True, slots=True)
class Design:
    """What of the settings shows in a mail. A change of any of these changes what subscribers see."""

    title: str
    from_: str  # "The Digest <digest@example.org>"
    reply_to: str = ""
    language: str = "en-GB"  # what the mail says of its own is in it
    content_language: str = ""  # what the newsletter itself is written in, where a subscriber's language is another
    timezone: str = "Europe/London"
    postal_address: str = ""
    public_url: str = ""  # "" where there are no public pages; never ends with a slash
    purpose: str = ""  # one line below the title
    look: LookName = "masthead"
    accent: str = "#1d4f91"
    logo: str = ""
    logo_alt: str = ""
    font: str = ""
    images: bool = False  # whether pictures of posts are shown
    archive_languages: tuple[str, ...] = ()  # tags that the archive has pages in, besides the newsletter's language
    themes: tuple[str, ...] = ()  # keys, in the order of the settings: each has its own accent
    short_names: tuple[tuple[str, str], ...] = ()  # of sources, where the settings give them: (name, short)

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def newsletter_language(self) -> str:
        """The newsletter's own language: that of its title, its editor's words, and posts that do not say theirs."""
        return self.content_language or self.language

    def for_language(self, language: str) -> Design:
        """The same for a reader of that language."""
        return replace(self, language=language, content_language=self.newsletter_language)

    @property
    def address(self) -> str:
        """The bare From address."""
        return split_mailbox(self.from_)[1]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def archive_url(self) -> str:
        return f"{self.public_url}/archive/" if self.public_url else ""

    @property
    def subscribe_url(self) -> str:
        """Where anybody subscribes, "" where there are no public pages."""
        return f"{self.public_url}/subscribe" if self.public_url else ""

    @property
    def sources_url(self) -> str:
        return f"{self.archive_url}{self.archive_path}sources" if self.public_url else ""

    def picture_url(self, name: str) -> str:
        """The address of a post's picture, "" where there are no public pages."""
        return f"{self.archive_url}images/{name}" if self.public_url else ""

    def web_url(self, week: str) -> str:
        """The address of an edition's web page, "" where there are no public pages."""
        return f"{self.archive_url}{self.archive_path}{week}" if self.public_url else ""

    @property
    def archive_path(self) -> str:
        """Where in the archive the pages in the reader's language are: "cy/"; "" for the newsletter's own."""
        if canonical(self.language) == canonical(self.newsletter_language):
            return ""
        tags = (tag for tag in lookup(canonical(self.language)) if tag in self.archive_languages)
        return next((f"{tag}/" for tag in tags), "")

    @property
    def band(self) -> str:
        """The colour of the band, the same in both schemes."""
        return readable(self.accent, _ALMOST_WHITE, _ON_BAND)

    @property
    def light(self) -> Palette:
        def accent(colour: str) -> Accent:
            return Accent(text=readable(colour, "#ffffff", _DEEP), rule=readable(colour, "#ffffff", 3.0))

        return Palette(
            paper="#f4f1ea",
            card="#ffffff",
            ink="#17191b",
            muted="#3b3d40",
            line="#ddd8cc",
            panel="#f8f6f1",
            accent=accent(self.accent),
            band=self.band,
            on_band="#ffffff" if luminance(self.band) < _DARK else _ALMOST_WHITE,
            themes=tuple(map(accent, _ACCENTS)),
            elsewhere=accent(_ELSEWHERE_ACCENT),
        )

    @property
    def dark(self) -> Palette:
        def accent(colour: str) -> Accent:
            return Accent(text=readable(colour, "#26292d", _BRIGHT), rule=readable(colour, "#1c1f22", 3.0))

        return Palette(
            paper="#121416",
            card="#1c1f22",
            ink="#eceae5",
            muted="#bab8b2",
            line="#3b4046",
            panel="#26292d",
            accent=accent(self.accent),
            band=self.band,
            on_band="#ffffff" if luminance(self.band) < _DARK else _ALMOST_WHITE,
            themes=tuple(map(accent, _ACCENTS)),
            elsewhere=accent(_ELSEWHERE_ACCENT),
        )

    @property
    def type(self) -> Look:
        """How large and in which letters the parts of the mail are set."""
        look = LOOKS[self.look]
        return replace(look, name_font=self.font, heading_font=self.font, body_font=self.font) if self.font else look

    @property
    def heading_font(self) -> str:
        return self.type.heading_font

    @property
    def body_font(self) -> str:
        return self.type.body_font


def design_of(settings: Settings) -> Design:
    newsletter, design = settings.newsletter, settings.design
    return Design(
        title=newsletter.title,
        purpose=newsletter.purpose,
        look=design.look,
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
        archive_languages=archive_languages(settings),
        images=settings.has_pictures,
        themes=tuple(theme.key for theme in settings.themes if theme.key != ELSEWHERE),
        short_names=tuple((source.name, source.short) for source in settings.sources if source.short),
    )
