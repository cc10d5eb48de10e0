"""Look up the SPF, DKIM and DMARC records of the newsletter's domains."""

from __future__ import annotations

from digest.mail.message.dkim import signer_of
from digest.mail.message.header_encoding import wire_address
from digest.mail.message.spf_dkim_dmarc import Advice, Records, advice
from digest.settings import Settings

_SECONDS = 3.0


def look_up(settings: Settings, *, nameserver: tuple[str, int] | None = None) -> list[Advice] | None:
    """Return advice on SPF, DKIM and DMARC, or None if no name server answers.

    `nameserver` is (network address, port), for tests.
    """
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=nameserver is None)
    except dns.resolver.NoResolverConfiguration:
        return None
    if nameserver is not None:
        resolver.nameservers, resolver.port = [nameserver[0]], nameserver[1]
    resolver.lifetime = _SECONDS

    def text(name: str) -> tuple[str, ...]:
        try:
            answer = resolver.resolve(name, "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)

    from_domain = _domain(settings.newsletter.from_)
    sender_domain = _domain(settings.bounces.return_path.replace("{token}", "t") or settings.newsletter.from_)
    signer = signer_of(settings)
    try:
        records = Records(
            spf=text(sender_domain),
            dmarc=text(f"_dmarc.{from_domain}") or text(f"_dmarc.{from_domain.partition('.')[2]}"),
            dkim=text(f"{signer.selector}._domainkey.{signer.domain}") if signer else (),
        )
    except (dns.exception.DNSException, OSError):
        return None
    return advice(
        records,
        from_domain=from_domain,
        sender_domain=sender_domain,
        dkim_domain=signer.domain if signer else "",
        dkim_record=signer.public_record() if signer else "",
    )


def _domain(address: str) -> str:
    """Return the ASCII domain of an address, with or without a display name before it."""
    email = address.rpartition("<")[2].rstrip("> ")
    return wire_address(email).rpartition("@")[2].lower()
