"""The large public mail providers, and addresses that are likely typing mistakes for them. Pure.

At a public provider every address belongs to somebody else; any other domain may deliver all of them to one mailbox.
"""

from __future__ import annotations

from functools import lru_cache

# The domains of each provider's name; the first is suggested.
_PROVIDERS = {
    "gmail": "com",
    "googlemail": "com",
    "hotmail": "com co.uk fr de it es be nl se no dk fi ch at gr ca com.au com.br com.ar com.mx co.jp co.nz co.za ie",
    "outlook": "com fr de it es be dk ie pt gr at com.au com.br com.ar co.nz in jp sa cl cz hu co.id co.il co.th",
    "yahoo": "com co.uk fr de it es ie gr se no dk nl ca com.au com.br com.ar com.mx co.jp co.in co.id co.nz in ro pl",
    "icloud": "com",
    "protonmail": "com ch",
    "btinternet": "com",
    "btopenworld": "com",
    "virginmedia": "com",
    "blueyonder": "co.uk",
    "ntlworld": "com",
    "talktalk": "net",
    "tiscali": "co.uk it",
    "fastmail": "com fm",
}
_MORE = (
    "aol.com aol.co.uk ymail.com rocketmail.com live.com live.co.uk live.fr live.nl msn.com me.com mac.com proton.me "
    "pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.co.uk web.de t-online.de freenet.de mail.com email.com sky.com "
    "orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it ziggo.nl kpnmail.nl planet.nl "
    "mail.ru yandex.ru yandex.com qq.com 163.com 126.com naver.com zoho.com hey.com tutanota.com tuta.io hushmail.com"
)
PUBLIC_PROVIDERS = frozenset(
    [f"{name}.{suffix}" for name, suffixes in _PROVIDERS.items() for suffix in suffixes.split()] + _MORE.split()
)
# Names one slip away from a provider's that belong to somebody else.
_REAL = frozenset({"gail", "outlooks"})
_NEAREST = 5  # letters: shorter names have too many neighbours that are real

# Ends that no domain has, and what was meant; the longest are tried first. Beware: .co, .cm and .om are countries.
_NO_SUCH_END = {
    "com": "con cmo ocm comm vom xom cpm coom clm conm cokm comn cim ccom c0m",
    "co.uk": "co.ku co.ul co.uj co.yk co.ik co.u co.k couk cou.k",
    "gov.uk": "gov.ku gov.ul gov.uj gov.yk gov.ik gov.u gov.k govuk gvo.uk gov.co.uk",
    "org.uk": "org.ku org.ul org.uj org.yk org.ik org.u org.k orguk ogr.uk",
    "ac.uk": "ac.ku ac.ul ac.uj acuk",
    "nhs.uk": "nhs.ku nhs.ul nhs.uj nhsuk",
    "org": "ogr orgg rog",
    "net": "nte ent nett",
}
_BY_END = {f".{wrong}": f".{right}" for right, group in _NO_SUCH_END.items() for wrong in group.split()}
_CUT_SHORT = frozenset(
    {"co", "cm", "om", "net", "org", "c", "comm"}
)  # ends that stand for .com behind a provider's name

_RESERVED = frozenset({"example", "test", "invalid", "localhost", "local"})
"""Ends that nobody types by mistake: those of documents, rehearsals and tests (RFC 2606, RFC 6762)."""


@lru_cache(maxsize=65536)
def likely_domain(domain: str) -> str:
    """Return the domain that was probably meant; "" if there is nothing to doubt. `domain` is in lower case."""
    if domain in PUBLIC_PROVIDERS or domain.rpartition(".")[2] in _RESERVED:
        return ""
    mended = _mended_end(domain)
    name, _, end = mended.partition(".")
    provider = name if name in _PROVIDERS else _near_provider(name)
    if provider:
        known = _PROVIDERS[provider].split()
        if end in known:
            mended = f"{provider}.{end}"
        elif end in _CUT_SHORT or (provider != name and "." not in end) or known == ["com"]:
            mended = f"{provider}.{known[0]}"
    return "" if mended == domain else mended


def likely_address(email: str) -> str:
    """Return the address that was probably meant; "" if there is nothing to doubt."""
    local, _, domain = email.rpartition("@")
    likely = likely_domain(domain.lower())
    return f"{local}@{likely}" if likely else ""


def _mended_end(domain: str) -> str:
    for wrong in sorted((end for end in _BY_END if domain.endswith(end)), key=len, reverse=True):
        return domain.removesuffix(wrong) + _BY_END[wrong]
    return domain


def _near_provider(name: str) -> str:
    """Return the provider whose name is one slip away: a letter too many, too few, another, or two exchanged."""
    if name in _REAL or len(name) < _NEAREST - 1:
        return ""
    return next((one for one in _PROVIDERS if one[0] == name[0] and _is_one_slip(name, one)), "")


def _is_one_slip(text: str, word: str) -> bool:
    """Whether the Damerau–Levenshtein distance (adjacent transpositions) is 1."""
    if abs(len(text) - len(word)) > 1 or text == word:
        return False
    start = 0
    while start < min(len(text), len(word)) and text[start] == word[start]:
        start += 1
    if len(text) == len(word):
        rest = start + 1
        exchanged = text[start : start + 2] == word[start : start + 2][::-1] and text[start + 2 :] == word[start + 2 :]
        return text[rest:] == word[rest:] or exchanged
    longer, shorter = (text, word) if len(text) > len(word) else (word, text)
    return longer[start + 1 :] == shorter[start:]
