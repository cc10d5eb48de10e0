"""Whether a provider's bounce means that the address will never work: by what the receiving server said, as everywhere.

Providers call bounces permanent that are about their own reputation or about a message's size. Their word counts where
the server's words leave the question open.
"""

from __future__ import annotations

from digest.mail.returned.parse_bounce import Kind
from digest.mail.smtp.verdict import Cause, classify


def weigh(reply: str, *, permanent: bool, status: str = "") -> Kind:
    """Return HARD or SOFT. `reply` is what the server said, `status` an enhanced code given beside it."""
    if not permanent:
        return Kind.SOFT
    verdict = classify(0, status.strip(), reply)
    unclear = verdict.cause is Cause.UNKNOWN and not verdict.temporary
    return Kind.HARD if verdict.hard or unclear else Kind.SOFT
