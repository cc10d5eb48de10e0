"""The mail servers: they answer, log us in, take what we send; and the key that signs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from digest.errors import DigestError
from digest.mail.message.dkim import signer_of
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.look_at_server import ServerFacts, look_at
from digest.settings import Settings
from digest.steps.checks import certificates, network_clock
from digest.steps.checks.line import Line, error, good, warning
from digest.steps.checks.private import rights
from digest.steps.checks.templates import sample_message
from digest.steps.mail_setup import servers_of
from digest.steps.send_now import REMEDY

_SECONDS = 10.0  # for each reply; sending is more patient
_POSTS_ADD = 4  # an edition is larger than the sample with one post a theme
_GOOD_RSA = 2048  # bits


def smtp(settings: Settings, _now: datetime) -> Iterator[Line]:
    """Each mail server: log-in, certificate, clock, limits."""
    for server in servers_of(settings):
        facts = look_at(replace(server, timeout=min(server.timeout, _SECONDS)), connections=settings.smtp.connections)
        if not facts.connections:
            reason, remedy = (facts.failure.reason, facts.failure.remedy) if facts.failure else ("", "")
            yield error("SMTP", reason, remedy or REMEDY)
            continue
        yield good("SMTP", _introduction(server, facts))
        if facts.certificate:
            ends = certificates.ends_of(facts.certificate)
            yield from certificates.age("TLS", str(server), ends, datetime.now(UTC))
        yield from network_clock.compare(str(server), facts.greeting, datetime.now(UTC))
        yield from _limits(settings, server, facts)


def _introduction(server: MailServer, facts: ServerFacts) -> str:
    parts = [f"{server} answers", *([f"logged in as {server.username}"] if server.username else [])]
    return "; ".join([*parts, f"encrypted by {facts.tls}" if facts.tls else "not encrypted"])


def _limits(settings: Settings, server: MailServer, facts: ServerFacts) -> Iterator[Line]:
    most, together = settings.smtp.connections, facts.connections
    if together < most:
        why = f": {facts.failure.reason}" if facts.failure else ""
        what = f"{server} takes only {together} of {most} connections at a time{why}"
        yield warning("SMTP limits", what, f"Set [smtp] connections = {together}.")
    usual = 0
    with suppress(DigestError):  # a wrong template: the check of templates says so
        usual = _POSTS_ADD * len(sample_message(settings))
    if 0 < facts.max_size < usual:
        what = f"{server} takes messages of at most {facts.max_size:,} bytes; an edition may have {usual:,}"
        yield warning(
            "SMTP limits", what, "Raise its limit (Postfix: message_size_limit), or lower [edition] per_theme."
        )
    elif together == most:
        size = f"messages of {facts.max_size:,} bytes" if facts.max_size else "messages of any size"
        yield good("SMTP limits", f"{server} takes {most} connections at a time and {size}")


def dkim(settings: Settings, _now: datetime) -> Iterator[Line]:
    """The key that signs, its strength, and what DNS must say."""
    signer = signer_of(settings)
    if signer is None:
        yield good("DKIM", "not signed here: your mail server should sign")
        return
    record = f'{signer.selector}._domainkey.{signer.domain} TXT "{signer.public_record()}"'
    yield good("DKIM", f"signs with {signer.algorithm}; DNS needs: {record}")
    if isinstance(signer.key, rsa.RSAPrivateKey) and signer.key.key_size < _GOOD_RSA:
        what = f"the key has only {signer.key.key_size} bits: some receivers ignore its signatures"
        remedy = f"Make another, under another selector: `openssl genrsa -out dkim.pem {_GOOD_RSA}`"
        yield warning("DKIM", what, remedy)
    yield from rights("DKIM", Path(settings.dkim.key_file))
