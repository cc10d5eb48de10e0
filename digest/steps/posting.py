"""What is needed to make and send the letters of an edition, in this process or in several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from digest.mail.crew import Crew
from digest.mail.dkim import signer_of
from digest.mail.dots import Wire
from digest.mail.message import Addressing, Mould
from digest.mail.seal import SealedMould
from digest.mail.smtp import Server
from digest.mail.station import Letter, LetterFor
from digest.mail.transaction import Envelope
from digest.model import Claim, Edition
from digest.processes import cores
from digest.readers.addresses import envelope_form
from digest.settings import Settings
from digest.steps.mailing import Links, servers_of

_WORTH_PROCESSES = 2_000  # deliveries; a process takes about a second to start, in which threads send hundreds
_SLOW = 200.0  # messages a second; one process does more than that


class Moulds(Protocol):
    """What sending needs of an approved edition: `digest.steps.approved.Approved`."""

    @property
    def edition(self) -> Edition: ...

    def mould_for(self, themes: tuple[str, ...], language: str) -> Mould: ...


@dataclass(frozen=True)
class Equipment:
    """Servers and letters, for a process that sends: what is rendered travels along, keys are read anew."""

    settings: Settings
    approved: Moulds

    def __call__(self) -> tuple[Sequence[Server], LetterFor]:
        return servers_of(self.settings), letters(self.settings, self.approved)


def crew_for(settings: Settings, approved: Moulds, *, waiting: int, audiences: Callable[[], Sequence[Claim]]) -> Crew:
    """Who sends: a thread, or processes where that pays. `audiences` gives one claim of each set of themes and
    language, so that each is rendered once, here, and not once in each process."""
    smtp = settings.smtp
    processes = min(cores(), smtp.connections)
    if processes == 1 or waiting < _WORTH_PROCESSES or 0 < smtp.rate_per_second <= _SLOW:
        processes = 0
    else:
        for claim in audiences():
            approved.mould_for(claim.themes, claim.language)
    equipment = Equipment(settings, approved)
    return Crew(equipment, processes=processes, connections=smtp.connections, messages=smtp.messages_per_connection)


def letters(settings: Settings, approved: Moulds) -> LetterFor:
    """Makes the letter of one delivery, from the mould of its reader's themes and language. For one thread."""
    links = Links(settings)
    signer = signer_of(settings)
    redirect = settings.smtp.redirect_to
    shown = {section.theme for section in approved.edition.sections}
    fillers: dict[int, tuple[Mould, Callable[[Addressing], Wire]]] = {}  # by the mould's identity; kept alive beside

    def filler(themes: tuple[str, ...], language: str) -> Callable[[Addressing], Wire]:
        mould = approved.mould_for(themes, language)
        if id(mould) not in fillers:
            fillers[id(mould)] = mould, (mould if signer is None else SealedMould(mould, signer)).wired
        return fillers[id(mould)][1]

    def letter_for(claim: Claim) -> Letter | None:
        if claim.themes and shown and not shown & set(claim.themes):
            return None
        fill = filler(claim.themes, claim.language)
        mine = links.of(claim.subscriber)
        addressing = Addressing(
            claim.email, claim.name, claim.message_id, mine.unsubscribe, mine.unsubscribe_mailto, mine.preferences
        )
        wire = fill(addressing)
        recipient, smtputf8 = envelope_form(redirect or claim.email)
        envelope = Envelope(mine.return_path, recipient, smtputf8 or wire.eight_bit)
        return Letter(envelope, wire)

    return letter_for
