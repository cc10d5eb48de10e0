"""How long a server's TLS certificate is still valid."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cryptography import x509

from digest.steps.checks.line import Line, error, good, warning

_SOON = timedelta(days=14)  # ACME clients renew a month before the end
_SECONDS = 5.0


def ends_of(der: bytes) -> datetime:
    """Return when a certificate (DER) ends."""
    return x509.load_der_x509_certificate(der).not_valid_after_utc


def age(what: str, whose: str, ends: datetime, now: datetime) -> Iterator[Line]:
    """Judge the end of a certificate. Pure."""
    days = (ends - now) / timedelta(days=1)
    remedy = "Is its renewal (certbot, acme.sh, Caddy) still running?"
    if ends <= now:
        yield error(what, f"the certificate of {whose} ended on {ends:%d %B %Y}", remedy)
    elif ends - now < _SOON:
        yield warning(what, f"the certificate of {whose} ends in {days:.0f} days, on {ends:%d %B %Y}", remedy)
    else:
        yield good(what, f"the certificate of {whose} is valid until {ends:%d %B %Y}")


def of_host(what: str, host: str, port: int, *, context: ssl.SSLContext | None = None) -> Iterator[Line]:
    """Connect, as a browser would, and judge the certificate."""
    whose = host if port == 443 else f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as plain,
            (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            der = encrypted.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as problem:
        yield error(
            what,
            f"the certificate of {whose} is not trusted: {problem.verify_message.rstrip('.')}",
            "Renew it, for this name and by a public authority.",
        )
        return
    except (OSError, ValueError) as problem:
        yield error(what, f"{whose} cannot be reached: {problem}", "Is the proxy in front of it running?")
        return
    if der:
        yield from age(what, whose, ends_of(der), datetime.now(UTC))
