"""Whether a report about an address is about the one that we wrote to. Pure."""

from __future__ import annotations

import re

from digest.domain_names import DomainNameError, to_ascii

_LONGEST = 400  # characters
_UTF8_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 section 3


def reported_address(value: str) -> str:
    """The address in a field such as `Final-Recipient: rfc822; ada@example.org` (RFC 3464 section 2.3.1), in lower
    case; "" where it has none that mail is sent to, such as a directory's name."""
    kind, semicolon, text = value[:_LONGEST].partition(";")
    text = _UTF8_HEX.sub(_character, text if semicolon else kind)
    address = text.strip().strip("<>\"' \t").lower()
    return address if "@" in address and not address.startswith("imcea") else ""


def is_same_address(reported: str, email: str) -> bool:
    """Whether the two reach the same mailbox: other case, tag (`ada+news`) or host of one domain do not matter."""
    if not reported or not email:
        return False
    local, _, domain = reported.rpartition("@")
    own_local, _, own_domain = email.lower().rpartition("@")
    return _mailbox(local) == _mailbox(own_local) and is_related(_ascii(domain), _ascii(own_domain))


def is_same_mailbox_renamed(final: str, original: str) -> bool:
    """Whether an address was rewritten to another domain rather than passed on: `ada@reader.example` to
    `ada@tenant.onmicrosoft.example`."""
    return bool(final and original) and _mailbox(final.rpartition("@")[0]) == _mailbox(original.rpartition("@")[0])


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= 0x10FFFF else ""


def _mailbox(local: str) -> str:
    local = local.strip("\"' ")
    return local.partition("+")[0] or local


def is_related(one: str, two: str) -> bool:
    """`reader.example` and `mail.reader.example`: gateways write the name of the host behind them."""
    return one == two or one.endswith(f".{two}") or two.endswith(f".{one}")


def _ascii(domain: str) -> str:
    try:
        return to_ascii(domain.rstrip(".")).lower()
    except DomainNameError:
        return domain
