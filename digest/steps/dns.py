"""Look up the SPF, DKIM, DMARC and MX records of the newsletter's domains."""

from __future__ import annotations

from contextlib import suppress

from digest.mail.message.dkim import signer_of
from digest.mail.message.header_encoding import wire_address
from digest.mail.message.spf_dkim_dmarc import Advice, Records, advice
from digest.settings import Settings

_SECONDS = 3.0


def look_up(settings: Settings, *, nameserver: tuple[str, int] | None = None) -> list[Advice] | None:
    """Return advice on SPF, DKIM, DMARC and MX, or None if no name server answers.

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

    def mail_hosts(domain: str) -> tuple[str, ...]:
        """Return the hosts that take the domain's mail: by MX, else the domain itself (RFC 5321, section 5.1)."""
        with suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            answer = sorted(resolver.resolve(domain, "MX"), key=lambda record: int(record.preference))
            return tuple(str(record.exchange).rstrip(".") or "." for record in answer)
        for kind in ("A", "AAAA"):
            with suppress(dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
                resolver.resolve(domain, kind)
                return (domain,)
        return ()

    from_domain = _domain(settings.newsletter.from_)
    sender_domain = _domain(settings.bounces.return_path.replace("{token}", "t") or settings.newsletter.from_)
    signer = signer_of(settings)
    try:
        records = Records(
            spf=text(sender_domain),
            dmarc=text(f"_dmarc.{from_domain}") or text(f"_dmarc.{from_domain.partition('.')[2]}"),
            dkim=text(f"{signer.selector}._domainkey.{signer.domain}") if signer else (),
            mx=mail_hosts(sender_domain),
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
