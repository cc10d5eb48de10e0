"""Will receivers believe that a mail comes from its From address? SPF, DKIM and DMARC, from what DNS says. Pure.

Gmail, Yahoo and Outlook.com refuse bulk mail whose From domain is aligned with neither SPF nor DKIM, or has no DMARC.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Records:
    """TXT records, each as one string. Empty where DNS has none."""

    spf: Sequence[str] = ()  # at the envelope sender's domain
    dmarc: Sequence[str] = ()  # at _dmarc.FROM-DOMAIN, or its parent's
    dkim: Sequence[str] = ()  # at SELECTOR._domainkey.DOMAIN
    mx: Sequence[str] | None = None  # hosts that take mail for the envelope sender's domain; None: not asked


@dataclass(frozen=True, slots=True)
class Advice:
    good: bool
    what: str  # "SPF", "DKIM", "DMARC"
    message: str
    remedy: str = ""


def aligned(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 9989, as RFC 7489 section 3.1): the same domain, or one below the other."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def advice(
    records: Records, *, from_domain: str, sender_domain: str, dkim_domain: str = "", dkim_record: str = ""
) -> list[Advice]:
    """A line for each of the three. `dkim_domain` is "" where we do not sign; `dkim_record` is what DNS should say."""
    lines = [_spf(records, from_domain, sender_domain)]
    if dkim_domain:
        lines.append(_dkim(records, from_domain, dkim_domain, dkim_record))
    lines.append(_dmarc(records, from_domain))
    if records.mx is not None:
        lines.append(_mx(records.mx, sender_domain))
    return lines


def _mx(hosts: Sequence[str], domain: str) -> Advice:
    """Can bounces come back? A single "." says that the domain takes no mail (RFC 7505)."""
    if not hosts or list(hosts) == ["."]:
        why = "says that it takes no mail" if hosts else "has neither MX nor address records"
        remedy = "Publish an MX record, or use a [bounces] return_path in a domain that takes mail."
        return Advice(False, "MX", f"{domain} {why}: bounces are lost, and receivers may refuse the mail", remedy)
    return Advice(True, "MX", f"bounces to {domain} go to {', '.join(hosts)}")


def _spf(records: Records, from_domain: str, sender_domain: str) -> Advice:
    valid = [record for record in records.spf if record.lower().startswith("v=spf1")]
    if not valid:
        remedy = f'Publish at {sender_domain}: TXT "v=spf1 mx -all", with your mail server in it.'
        return Advice(False, "SPF", f"{sender_domain} has no SPF record", remedy)
    if len(valid) > 1:
        return Advice(
            False, "SPF", f"{sender_domain} has {len(valid)} SPF records: receivers then ignore them all", "Keep one."
        )
    if re.search(r"(^|\s)\+?all(\s|$)", valid[0], re.IGNORECASE):
        return Advice(False, "SPF", f"{sender_domain} lets everybody send: {valid[0]}", "End it with -all or ~all.")
    if not aligned(sender_domain, from_domain):
        message = f"the envelope's domain {sender_domain} is not aligned with From, {from_domain}"
        return Advice(False, "SPF", message, "Use a [bounces] return_path in the domain of [newsletter] from.")
    return Advice(True, "SPF", f"{sender_domain}: {valid[0]}")


def _dkim(records: Records, from_domain: str, domain: str, expected: str) -> Advice:
    if not records.dkim:
        return Advice(False, "DKIM", "the key is not in DNS", f'Publish TXT "{expected}".')
    if not any(_key(record) == _key(expected) for record in records.dkim):
        return Advice(False, "DKIM", "DNS holds another key than the one that signs", f'Publish TXT "{expected}".')
    if not aligned(domain, from_domain):
        message = f"signs for {domain}, which is not aligned with From, {from_domain}"
        return Advice(False, "DKIM", message, "Sign for the domain of [newsletter] from.")
    return Advice(True, "DKIM", f"the key is in DNS and aligned with {from_domain}")


def _key(record: str) -> str:
    key = re.search(r"(?:^|;)\s*p=([^;]*)", record)
    return re.sub(r"\s", "", key[1]) if key else ""


def _dmarc(records: Records, from_domain: str) -> Advice:
    valid = [record for record in records.dmarc if record.upper().startswith("V=DMARC1")]
    if not valid:
        remedy = f'Publish at _dmarc.{from_domain}: TXT "v=DMARC1; p=none; rua=mailto:dmarc@{from_domain}".'
        return Advice(False, "DMARC", f"{from_domain} has no DMARC record; large receivers refuse bulk mail", remedy)
    policy = re.search(r"(?:^|;)\s*p=(none|quarantine|reject)", valid[0], re.IGNORECASE)
    if not policy:
        return Advice(False, "DMARC", f"the record has no policy: {valid[0]}", "Add p=none, p=quarantine or p=reject.")
    return Advice(True, "DMARC", f"{from_domain}: {valid[0]}")
