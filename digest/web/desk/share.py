"""What editors give to others, so that they can subscribe: a link, a form for any site, a QR code."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from digest.escape import escape
from digest.settings import Settings
from digest.web.qr_code import qr_svg
from digest.web.reader_pages import HONEYPOT
from digest.words.catalogues import page_catalogue
from digest.words.translations import ENGLISH


@dataclass(frozen=True, slots=True)
class ShareValues:
    """What the page shows. All links are absolute."""

    front: str
    link: str
    theme_link: str  # one that chooses a theme; "" without themes
    form: str  # HTML
    latest: str  # the latest edition as JSON
    picture: str  # the QR code, where it is served
    picture_data: str  # the same as a data: URL


def share_values(settings: Settings) -> ShareValues | None:
    """Return what there is to share; None without public pages."""
    public = settings.newsletter.public_url.rstrip("/")
    if not public:
        return None
    link = f"{public}/subscribe"
    words = page_catalogue(settings).translations("")
    picture = qr_svg(link, title=words.text("subscribe_to", title=settings.newsletter.title))
    return ShareValues(
        front=f"{public}/",
        link=link,
        theme_link=f"{link}?themes={settings.themes[0].key}" if settings.themes else "",
        form=subscribe_form(settings),
        latest=f"{public}/latest.json",
        picture=f"{link}/qr.svg",
        picture_data=f"data:image/svg+xml;base64,{b64encode(picture).decode()}",
    )


def subscribe_form(settings: Settings) -> str:
    """Return a form for any site, in the newsletter's language: plain HTML, without styles, scripts or requests."""
    newsletter, catalogue = settings.newsletter, page_catalogue(settings)
    words = catalogue.translations("")
    tag = catalogue.nearest(words.language) or ENGLISH
    action = escape(f"{newsletter.public_url.rstrip('/')}/subscribe")
    return "\n".join(
        (
            f'<form method="post" action="{action}" lang="{words.language}" dir="{words.direction}">',
            f'<p><label for="digest-email">{words.html("your_address")}</label></p>',
            '<p><input type="email" id="digest-email" name="email" dir="ltr" required autocomplete="email">',
            f'<button type="submit">{words.html("subscribe")}</button></p>',
            f'<input type="hidden" name="language" value="{tag}">',
            f'<input type="text" name="{HONEYPOT}" hidden tabindex="-1" autocomplete="off">',
            f"<p>{words.html('wording', title=newsletter.title)}</p>",
            "</form>",
        )
    )
