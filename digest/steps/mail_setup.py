"""What every mail of this installation needs: mail servers, keys, and each subscriber's links and return path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote

from digest.mail.message.header_encoding import wire_address
from digest.mail.smtp.connection import MailServer
from digest.mailbox_syntax import split_mailbox
from digest.subscribers.email_addresses import AddressHasher, envelope_form
from digest.subscribers.link_tokens import Purpose, Tokens

if TYPE_CHECKING:
    from digest.settings import Settings


def keys_of(settings: Settings) -> tuple[bytes, ...]:
    """Return the secret keys, the newest first."""
    return settings.secret_keys


def hasher_of(settings: Settings) -> AddressHasher:
    return AddressHasher(keys_of(settings))


def servers_of(settings: Settings) -> tuple[MailServer, ...]:
    """Return the mail servers, the preferred one first. Raises SettingsError if a certificate file cannot be read."""
    smtp = settings.smtp
    first = MailServer(
        smtp.host,
        smtp.port,
        smtp.security,
        smtp.username,
        settings.secrets.read("smtp_password") if smtp.username else "",
        smtp.auth,
        timeout=smtp.timeout_seconds,
        verify=smtp.verify,
        ca_file=settings.ca_file,
    )
    if smtp.security != "none" or smtp.ca_file:
        first.context  # noqa: B018 -- fail now if the certificate is wrong
    others = (one.rpartition(":") for one in smtp.fallbacks)
    return (first, *(replace(first, host=host.strip("[]"), port=int(port)) for host, _, port in others))


def is_loopback(host: str) -> bool:
    """Whether a host of the settings is this machine. Asks no name server: another name may mean any machine."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name in ("localhost", "localhost.localdomain") or name.endswith(".localhost")


_TOKEN = "0token0"  # noqa: S105 -- where the token goes


@dataclass(frozen=True, slots=True)
class SubscriberLinks:
    """One subscriber's own links. Links to pages are "" if the newsletter has no public pages."""

    unsubscribe: str
    unsubscribe_mailto: str
    preferences: str
    return_path: str  # with the subscriber's token, if `[bounces] return_path` has a place for it


class Links:
    """Makes the links of each subscriber."""

    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens(keys_of(settings))
        self._url = settings.newsletter.public_url.rstrip("/")
        self._from = envelope_form(settings.newsletter.from_address)[0]
        self._return_path = settings.bounces.return_path or self._from
        self._mailto = unsubscribe_mailto(self.return_path(_TOKEN))  # once: each message needs it

    def page(self, name: str, token: str) -> str:
        """Return the URL of a page that this token opens."""
        return f"{self._url}/{name}/{token}"

    def return_path(self, token: str) -> str:
        """Return the envelope sender with this token, if `[bounces] return_path` has a place for it."""
        return self._return_path.replace("{token}", token)

    def of(self, number: int) -> SubscriberLinks:
        make, url = self._tokens.make, self._url
        door, bounce = make(Purpose.UNSUBSCRIBE, number), make(Purpose.BOUNCE, number)
        return SubscriberLinks(
            f"{url}/unsubscribe/{door}" if url else "",
            f"{self._mailto.replace(_TOKEN, bounce)}%20{door}",
            f"{url}/preferences/{make(Purpose.PREFERENCES, number)}" if url else "",
            self.return_path(bounce),
        )


def unsubscribe_mailto(return_path: str) -> str:
    """Return the `mailto:` that unsubscribes: to where bounces go, for that mailbox is read.

    The plus sign stays as it is: RFC 6068 allows it, and not every receiver decodes "%2B".
    """
    return f"mailto:{quote(wire_address(split_mailbox(return_path)[1]), safe='@+')}?subject=unsubscribe"
