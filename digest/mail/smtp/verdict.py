"""What a refusal says: whether the address can never work, and what it is about. One reading for replies in the
conversation and for what bounces quote of them. Pure.

    classify(550, "5.1.1", "<ada@example.org>: no such user")   Verdict(Cause.MAILBOX, hard=True, …)
    classify(0, "5.0.0", "smtp; 554 mailbox over quota")        Verdict(Cause.FULL, hard=False, …)

Codes decide first (RFC 3463, RFC 5248): those given, and those behind a reply code in the text, for many mail systems
write 5.0.0 beside it. 4xx is soft. A vague code (x.0.0, x.1.0, …) or none leaves it to the words, and only words that
plainly say that the mailbox or domain does not exist are hard. Where code and words contradict each other, it is soft:
nobody is suppressed on a doubtful sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from digest.mail.smtp import reply_words as words


class Cause(StrEnum):
    """What a refusal is about."""

    MAILBOX = "mailbox"  # does not exist
    DOMAIN = "domain"  # does not exist, or takes no mail at all
    DISABLED = "disabled"  # the mailbox exists and is shut
    FULL = "full"  # the mailbox, or the disk it is on
    SIZE = "size"  # the message is too big
    THROTTLED = "throttled"  # too many, too fast: about us, or about a mailbox that gets too much
    GREYLISTED = "greylisted"
    POLICY = "policy"  # spam, block lists, DMARC, permissions
    SENDER = "sender"  # our address, our server's name
    CONTENT = "content"  # the message's form (5.6.x)
    NETWORK = "network"  # the server is out of order or cannot be reached
    PROTOCOL = "protocol"  # 5.5.x
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One refusal. `hard`: the address does not work and never will. `temporary`: a 4xx, try again."""

    cause: Cause
    hard: bool
    temporary: bool
    enhanced: str  # the code that decided, the most specific one; "" for none


UNKNOWN = Verdict(Cause.UNKNOWN, hard=False, temporary=False, enhanced="")
"""Where nothing was said."""

HARD_CAUSES = frozenset({Cause.MAILBOX, Cause.DOMAIN, Cause.DISABLED})
"""What only a new address or the owner of the mailbox can mend."""
_REPLY_CODE = re.compile(r"(?<![\w.#:/-])([45]\d\d)(?=[ -]\D|[ -][245]\.\d)")
# Behind a reply code, or behind "#" (qmail, Cisco); never out of a network address or a version.
_CODED = re.compile(
    r"(?:(?<![\w.])[45]\d\d[ -]{1,3}['\"(\[#]{0,2}|(?<![\w/])#)([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d|\w)"
)
_LEADING = re.compile(r"\s*[#(\[]?([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d|\w)")
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_BY_CODE = {
    "1.1": Cause.MAILBOX,
    "1.2": Cause.DOMAIN,
    "1.3": Cause.MAILBOX,
    "1.6": Cause.MAILBOX,  # has moved, no forwarding address
    "1.7": Cause.SENDER,
    "1.8": Cause.SENDER,
    "1.10": Cause.MAILBOX,  # Exchange; a domain that takes no mail (RFC 7505)
    "2.1": Cause.DISABLED,
    "2.2": Cause.FULL,
    "2.3": Cause.SIZE,
    "3.1": Cause.FULL,
    "3.2": Cause.THROTTLED,
    "3.4": Cause.SIZE,
    "4.4": Cause.DOMAIN,  # no such host
    "4.5": Cause.THROTTLED,
    "5.3": Cause.THROTTLED,  # too many recipients
}
_BY_SUBJECT = {
    "3": Cause.NETWORK,
    "4": Cause.NETWORK,
    "5": Cause.PROTOCOL,
    "6": Cause.CONTENT,
    "7": Cause.POLICY,
}
_DOUBTS = (  # whatever the code says
    (words.OUR_QUOTA, Cause.THROTTLED),
    (words.MAILBOX_FULL, Cause.FULL),
    (words.TOO_BIG, Cause.SIZE),
    (words.THROTTLED, Cause.THROTTLED),
    (words.GREYLISTED, Cause.GREYLISTED),
    (words.SENDER, Cause.SENDER),
    (words.POLICY, Cause.POLICY),
    (words.TEMPORARY, Cause.NETWORK),
)
_DOUBTS_OF_WORDS = (  # where no code says that it is the address
    *_DOUBTS,
    (words.DISABLED, Cause.DISABLED),
    (words.UNREACHABLE, Cause.NETWORK),
)


@lru_cache(maxsize=256)  # most replies of a run are the same few
def classify(code: int, enhanced: str, text: str) -> Verdict:
    """Read one refusal. `code` is the reply code, 0 where it is in the text or unknown; `enhanced` is "5.1.1" or "";
    `text` is what the server said, or the Diagnostic-Code of a report (RFC 3464 section 2.3.6)."""
    text = " ".join(text[: words.MOST_READ].split())  # a report may wrap a reply anywhere
    codes = codes_in(text, leading=code > 0)
    if _ENHANCED.fullmatch(enhanced):
        codes = (enhanced, *codes)
    replies = {code // 100, *(int(hit[1]) // 100 for hit in _REPLY_CODE.finditer(text))}
    temporary = 4 in replies or any(one[0] == "4" for one in codes)
    causes = {one: _cause(one) for one in codes}
    exact = {one: cause for one, cause in causes.items() if cause is not Cause.UNKNOWN}
    plain = words.plain(text)
    if not exact:
        cause, hard = _by_words(plain)
        vague = next(iter(codes), "")
        return Verdict(cause, hard and not temporary, temporary, vague)
    decisive = next((one for one, cause in exact.items() if cause not in HARD_CAUSES), next(iter(exact)))
    cause = exact[decisive]
    if cause not in (Cause.FULL, Cause.SIZE, Cause.SENDER):
        cause = _first(_DOUBTS, plain) or cause
    return Verdict(cause, cause in HARD_CAUSES and not temporary, temporary, decisive)


def codes_in(text: str, *, leading: bool = False) -> tuple[str, ...]:
    """The enhanced codes in a text that stand behind a reply code; `leading`: the text itself stands behind one."""
    text = " ".join(text[: words.MOST_READ].split())
    hits = [hit for pattern in (_LEADING,) if leading and (hit := pattern.match(text))]
    hits += _CODED.finditer(text)
    return tuple(dict.fromkeys(f"{hit[1]}.{hit[2]}.{hit[3]}" for hit in hits))


def _cause(enhanced: str) -> Cause:
    """What a code says, without its class. UNKNOWN for one that leaves it open, such as 5.0.0 and 5.1.0."""
    _, subject, detail = enhanced.split(".")
    if detail == "0" and subject not in ("6", "7"):
        return Cause.UNKNOWN
    return _BY_CODE.get(f"{subject}.{detail}") or _BY_SUBJECT.get(subject, Cause.UNKNOWN)


def _by_words(plain: str) -> tuple[Cause, bool]:
    """What words say without a code, and whether plainly that there is no such mailbox or domain."""
    if doubt := _first(_DOUBTS_OF_WORDS, plain):
        return doubt, False
    for pattern, cause in ((words.NO_DOMAIN, Cause.DOMAIN), (words.NO_MAILBOX, Cause.MAILBOX)):
        if hit := pattern.search(plain):
            return cause, not words.HEDGED.search(plain, max(0, hit.start() - 80), hit.end())
    return Cause.UNKNOWN, False


def _first(patterns: tuple[tuple[re.Pattern[str], Cause], ...], plain: str) -> Cause | None:
    return next((cause for pattern, cause in patterns if pattern.search(plain)), None)
