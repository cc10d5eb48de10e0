"""Whether a refusal is about how fast we send, not about the subscriber. Pure.

Few servers use the codes that RFC 3463 has for it. Amazon SES answers `454 Throttling failure` after the message;
others `450 Too many recipient attempts`, or 451 without a word.
"""

from __future__ import annotations

import re
from enum import StrEnum

from digest.mail.smtp.classify_reply import Stage, is_temporary
from digest.mail.smtp.verdict import Cause, classify
from digest.model import Reply


class Throttling(StrEnum):
    """How far a reply speaks of our pace."""

    NO = "no"
    PERHAPS = "perhaps"  # if several in a row say so
    LIKELY = "likely"  # it gives no reason, and had accepted the recipient
    YES = "yes"  # it says so


_CONGESTION = re.compile(r"[45]\.4\.5")  # also of a permanent refusal: Google's "Daily user sending limit exceeded"
_LOAD = re.compile(r"4\.(?:3\.2|4\.5|5\.3)")
_SUBSCRIBER = re.compile(r"[45]\.(?:1\.(?!7|8)|2\.)\d{1,3}")  # x.1.7 and x.1.8 are about the sender's address
_SUBSCRIBERS_OWN = frozenset(
    {Cause.MAILBOX, Cause.DOMAIN, Cause.DISABLED, Cause.FULL, Cause.GREYLISTED, Cause.SIZE, Cause.CONTENT}
)


def throttling(reply: Reply, stage: Stage) -> Throttling:
    """Whether the server throttles us."""
    if reply.code == 421 or (reply.code >= 400 and _CONGESTION.fullmatch(reply.enhanced)):
        return Throttling.YES
    if not is_temporary(reply):
        return Throttling.NO
    if _LOAD.fullmatch(reply.enhanced):
        return Throttling.YES
    cause = classify(reply.code, reply.enhanced, reply.text).cause
    if stage is not Stage.OPENING and (_SUBSCRIBER.fullmatch(reply.enhanced) or cause in _SUBSCRIBERS_OWN):
        return Throttling.NO
    if cause is Cause.THROTTLED:
        return Throttling.YES
    match stage:
        case Stage.ENDED:
            return Throttling.LIKELY
        case Stage.RECIPIENT:
            return Throttling.PERHAPS
        case Stage.OPENING:
            return Throttling.YES if reply.enhanced.startswith("4.7.") else Throttling.NO
