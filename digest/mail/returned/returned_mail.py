"""What a mail that came back is: the values that the readers of this package give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from digest.mail.returned.same_address import is_same_address, is_same_mailbox_renamed
from digest.mail.smtp.verdict import Verdict


class Kind(StrEnum):
    """What a returned mail is."""

    HARD = "hard"  # the address does not work and never will
    SOFT = "soft"  # not this time: full, too large, refused by policy
    DELAYED = "delayed"  # still being tried by the other server
    COMPLAINT = "complaint"  # the subscriber called it spam, or asked the provider to end it
    UNSUBSCRIBE = "unsubscribe"  # a mail that asks to unsubscribe
    AUTOMATIC = "automatic"  # a holiday reply, a read receipt, a report of success and the like
    OTHER = "other"  # a mail from a person, or a report that cannot be read: for a person to read


_WORST_FIRST = (Kind.HARD, Kind.SOFT, Kind.DELAYED, Kind.AUTOMATIC, Kind.OTHER)


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a report says of one recipient. Addresses are in lower case, "" where the report has none."""

    kind: Kind
    final: str = ""
    original: str = ""  # as we wrote it, before other servers redirected or expanded it
    verdict: Verdict | None = None  # of a failure
    detail: str = ""  # its code or cause, and what the server said, without addresses

    def is_of(self, email: str) -> bool:
        """Whether it is about this address itself."""
        renamed = is_same_address(self.original, email) and is_same_mailbox_renamed(self.final, email)
        return renamed or is_same_address(self.final or self.original, email)


@dataclass(frozen=True, slots=True)
class ReturnedMail:
    """One returned mail."""

    kind: Kind
    tokens: tuple[str, ...] = ()  # what may be tokens of ours, the best place first; for Purpose.BOUNCE or UNSUBSCRIBE
    message_ids: tuple[str, ...] = ()  # what may be Message-IDs of ours
    verdict: Verdict | None = None  # of a bounce
    detail: str = ""  # a bounce's code or cause, and what the server said, without addresses
    forwarded: bool = False  # it is about an address that the subscriber's mail is passed on to
    unclear: bool = False  # a report that cannot be read; `detail` says why
    sender: str = ""  # of an unclear one
    subject: str = ""  # of an unclear one
    recipients: tuple[RecipientReport, ...] = ()

    def about(self, email: str) -> ReturnedMail:
        """The mail as far as it is about this subscriber.

        An address behind it, such as a former colleague in a team's mailbox, says nothing against the subscriber's own.
        """
        if not self.recipients or not email:
            return self
        own = [one for one in self.recipients if one.is_of(email)]
        if own or not any(one.final or one.original for one in self.recipients):
            return self._of(worst_of(own or self.recipients))
        passed_on = [one for one in self.recipients if is_same_address(one.original, email)]
        worst = self._of(worst_of(passed_on or self.recipients))
        if worst.kind is Kind.HARD:
            verdict = worst.verdict and replace(worst.verdict, hard=False)
            worst = replace(worst, kind=Kind.SOFT, verdict=verdict)
        return replace(worst, forwarded=True)

    def _of(self, recipient: RecipientReport) -> ReturnedMail:
        return replace(self, kind=recipient.kind, verdict=recipient.verdict, detail=recipient.detail)


def worst_of(recipients: tuple[RecipientReport, ...] | list[RecipientReport]) -> RecipientReport:
    """The worst report, whatever their order."""
    return min(recipients, key=lambda one: (_WORST_FIRST.index(one.kind), one.detail, one.final))
