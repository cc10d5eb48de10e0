"""Domain names in ASCII: the one place where a name in Unicode becomes the one that DNS, SMTP and HTTP know.

IDNA 2008 after the mapping of UTS #46, as browsers do it (https://url.spec.whatwg.org/#idna). So `faß.de` is
`xn--fa-hia.de`; Python's own codec "idna" is IDNA 2003, and makes `fass.de` of it, which belongs to somebody else. That
codec is also what `socket` and `ssl` use: give them only names that come from here.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST_LABEL, _LONGEST_NAME = 63, 253  # RFC 1035 section 2.3.4
_NEVER_IN_HOSTS = re.compile(r"[^a-z0-9._\-\u0080-\U0010ffff]")  # the mapping makes "@" of "＠" and "/" of "／"
_JOINERS = "\u200c\u200d"


class DomainNameError(ValueError):
    """The text is not a domain name."""


def to_ascii(domain: str) -> str:
    """The domain in lower-case ASCII, without a dot at its end: `Bücher.Example.` → `xn--bcher-kva.example`.

    A name that is ASCII already may hold any characters: the caller judges whether it can be a host. Raises
    DomainNameError where the name or a part of it is empty or too long, or where browsers refuse the name, too.
    """
    name = domain.lower() if domain.isascii() else _mapped(domain)
    name = name.removesuffix(".")
    labels = name.split(".")
    if any(not 0 < len(label) <= _LONGEST_LABEL for label in labels) or len(name) > _LONGEST_NAME:
        raise DomainNameError(f"{domain[:_LONGEST_NAME]!r} has an empty or overlong part")
    return name


@lru_cache(maxsize=4096)
def _mapped(domain: str) -> str:
    import idna  # late: its tables take some milliseconds, and few names need them

    if len(domain) > 4 * _LONGEST_NAME:  # the mapping may shorten, but never by that much
        raise DomainNameError(f"{domain[:_LONGEST_NAME]!r} … is too long")
    try:
        name = idna.uts46_remap(domain, std3_rules=False, transitional=False)
        if bad := _NEVER_IN_HOSTS.search(name):
            raise DomainNameError(f"{domain!r} is not a domain name: it contains {bad[0]!r}")
        return ".".join(label if label.isascii() else _encoded(label) for label in name.split("."))
    except idna.IDNAError as error:
        raise DomainNameError(f"{domain!r} is not a domain name: {error}") from error


def _encoded(label: str) -> str:
    """One label. Raises idna.IDNAError."""
    import idna

    try:
        return idna.alabel(label).decode("ascii")
    except idna.InvalidCodepoint:
        # UTS #46 has let it pass, so it is a symbol, such as an emoji. IDNA 2008 refuses those, browsers do not, and
        # there are sites under such names. The rules for all other characters hold all the same.
        idna.check_initial_combiner(label)
        idna.check_bidi(label)
        for position, character in enumerate(label):
            if character in _JOINERS and not idna.valid_contextj(label, position):
                raise
        return "xn--" + label.encode("punycode").decode("ascii")
