"""What every mail of this installation needs: the servers it goes through, and the links and addresses in it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from digest.mail.smtp import Server
from digest.mail.tls import tls_context
from digest.readers.addresses import AddressHasher, envelope_form
from digest.readers.tokens import Purpose, Tokens
from digest.settings import Settings


def keys_of(settings: Settings) -> tuple[bytes, ...]:
    """The secret keys, the newest first."""
    return settings.secret_keys


def hasher_of(settings: Settings) -> AddressHasher:
    return AddressHasher(keys_of(settings))


def servers_of(settings: Settings) -> tuple[Server, ...]:
    """The mail servers, the preferred one first. Raises SettingsError when a certificate file cannot be read."""
    smtp = settings.smtp
    first = Server(
        smtp.host,
        smtp.port,
        smtp.security,
        smtp.username,
        settings.secrets.read("smtp_password") if smtp.username else "",
        smtp.auth,
        timeout=smtp.timeout_seconds,
        context=tls_context(verify=smtp.verify, ca_file=smtp.ca_file),
    )
    others = (one.rpartition(":") for one in smtp.fallbacks)
    return (first, *(replace(first, host=host.strip("[]"), port=int(port)) for host, _, port in others))


class Links:
    """Each reader's own addresses."""

    def __init__(self, settings: Settings) -> None:
        self._tokens = Tokens(keys_of(settings))
        self._url = settings.newsletter.public_url.rstrip("/")
        self._from = envelope_form(settings.newsletter.from_address)[0]
        self._return_path = settings.bounces.return_path

    def unsubscribe(self, number: int) -> str:
        """ "" where the newsletter has no public pages."""
        return f"{self._url}/unsubscribe/{self._tokens.make(Purpose.UNSUBSCRIBE, number)}" if self._url else ""

    def unsubscribe_mailto(self, number: int) -> str:
        token = self._tokens.make(Purpose.UNSUBSCRIBE, number)
        return f"mailto:{quote(self._from, safe='@')}?subject=unsubscribe%20{token}"

    def preferences(self, number: int) -> str:
        return f"{self._url}/preferences/{self._tokens.make(Purpose.PREFERENCES, number)}" if self._url else ""

    def return_path(self, number: int) -> str:
        """The envelope's sender: the reader's own where `[bounces] return_path` has a place for the token."""
        if not self._return_path:
            return self._from
        return self._return_path.replace("{token}", self._tokens.make(Purpose.BOUNCE, number))
