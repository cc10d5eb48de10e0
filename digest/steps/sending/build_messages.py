"""Build each subscriber's message from the template of its audience, in this process or in several sender processes.

`EditionSenderSetup` is what a sender process needs. It holds plain values, and this module imports neither settings nor
store: they would make each sender process slow to start.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from digest.mail.message.dkim import Signer, signer_of
from digest.mail.message.message_headers import Addressing
from digest.mail.message.message_template import MessageTemplate
from digest.mail.message.signed_template import SignedTemplate
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.sender_loop import BuildMessage, OutgoingMessage
from digest.mail.smtp.sender_pool import SenderPool
from digest.mail.smtp.transaction import Envelope
from digest.model import Frequency
from digest.steps.mail_setup import Links, servers_of
from digest.subscribers.email_addresses import envelope_form
from digest.workers.processes import cores

if TYPE_CHECKING:
    from digest.mail.message.dot_stuffing import SmtpData
    from digest.mail.smtp.dot_marks import DotMarks
    from digest.model import Claim, Edition
    from digest.settings import Settings


@dataclass(frozen=True, slots=True)
class ProcessRules:
    """When several processes send faster than one thread."""

    cores: int = field(default_factory=cores)
    deliveries: int = 2_000  # for fewer, starting processes takes longer than sending in a thread
    slow: float = 200.0  # messages a second that one thread can do: a limit at or below it needs no processes

    def processes(self, waiting: int, connections: int, rate_per_second: float) -> int:
        """Return how many processes send so many deliveries; 0 for a thread. A rate of 0 is no limit."""
        number = min(self.cores, connections)
        if number == 1 or waiting < self.deliveries or 0 < rate_per_second <= self.slow:
            return 0
        return number


class TemplateSource(Protocol):
    """What sending needs of an approved edition: `digest.steps.sending.verify_approval.ApprovedEdition`."""

    @property
    def edition(self) -> Edition: ...

    def template_for(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate: ...


class TemplateFor(Protocol):
    """Gives the template of these themes, this language, and of monthly subscribers or not."""

    def __call__(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate: ...


@dataclass(frozen=True)
class EditionSenderSetup:
    """The mail servers, and all that is needed to build messages."""

    servers: tuple[MailServer, ...]
    links: Links
    signer: Signer | None
    redirect_to: str
    section_themes: frozenset[str]  # the themes that have a section in the edition
    month_themes: frozenset[str] | None  # the same of what monthly subscribers get; None: they get the edition
    template_for: TemplateFor

    def __call__(self) -> tuple[Sequence[MailServer], BuildMessage]:
        return self.servers, self.build_message()

    def build_message(self) -> BuildMessage:
        """Return a function that builds the message of one delivery. Use it in one thread only."""
        links, signer, redirect = self.links, self.signer, self.redirect_to
        section_themes, month_themes = self.section_themes, self.month_themes
        fillers: dict[
            int, tuple[MessageTemplate, Callable[[Addressing], SmtpData]]
        ] = {}  # by identity; the template is kept alive

        def filler(claim: Claim, *, monthly: bool) -> Callable[[Addressing], SmtpData]:
            template = self.template_for(claim.themes, claim.language, monthly=monthly)
            if id(template) not in fillers:
                fillers[id(template)] = (
                    template,
                    (template if signer is None else SignedTemplate(template, signer)).smtp_data,
                )
            return fillers[id(template)][1]

        def build_message(claim: Claim) -> OutgoingMessage | None:
            # Who has a delivery of an edition without a month gets the edition: they asked for it, or were weekly then.
            monthly = claim.frequency is Frequency.MONTHLY and month_themes is not None
            themes = month_themes if monthly and month_themes is not None else section_themes
            if claim.themes and themes and not themes & set(claim.themes):
                return None
            fill = filler(claim, monthly=monthly)
            own = links.of(claim.subscriber)
            addressing = Addressing(
                claim.email,
                claim.name,
                claim.message_id,
                claim.first_at,
                own.unsubscribe,
                own.unsubscribe_mailto,
                own.preferences,
            )
            smtp_data = fill(addressing)
            recipient, smtputf8 = envelope_form(redirect or claim.email)
            envelope = Envelope(own.return_path, recipient, smtputf8 or smtp_data.eight_bit)
            return OutgoingMessage(envelope, smtp_data)

        return build_message


@dataclass
class _Packed:
    """The message templates of all audiences that there were when sending began.

    A subscriber may choose other themes or another language meanwhile. Then the template is rendered from the edition,
    which is pickled: few processes need it, and unpickling it imports the whole renderer.
    """

    templates: Mapping[tuple[tuple[str, ...], str, bool], MessageTemplate]
    packed: bytes = field(repr=False)  # with the settings' secrets
    _unpacked: TemplateSource | None = field(default=None, init=False, repr=False)

    def __call__(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate:
        template = self.templates.get((themes, language, monthly))
        if template is not None:
            return template
        if self._unpacked is None:
            self._unpacked = pickle.loads(self.packed)  # noqa: S301 -- packed by our own process
        return self._unpacked.template_for(themes, language, monthly=monthly)


def sender_setup_of(
    settings: Settings, approved: TemplateSource, servers: tuple[MailServer, ...] = ()
) -> EditionSenderSetup:
    """Return the setup for an edition and these servers. Raises SettingsError if the DKIM key is not usable."""
    edition = approved.edition
    return EditionSenderSetup(
        servers,
        Links(settings),
        signer_of(settings),
        settings.smtp.redirect_to or "",
        frozenset(section.theme for section in edition.sections),
        frozenset(section.theme for section in edition.month.sections) if edition.month else None,
        approved.template_for,
    )


def sender_pool_for(
    settings: Settings,
    approved: TemplateSource,
    *,
    waiting: int,
    audiences: Callable[[], Sequence[Claim]],
    rules: ProcessRules | None = None,
    marks: DotMarks | None = None,
) -> SenderPool:
    """Return the pool that sends: one thread, or several processes where that is faster.

    `audiences` gives one claim for each set of themes, language and frequency, so that each is rendered once, here,
    and not in every process. `marks` are those of the run.
    """
    smtp = settings.smtp
    setup = sender_setup_of(settings, approved, servers_of(settings))
    processes = (rules or ProcessRules()).processes(waiting, smtp.connections, smtp.rate_per_second)
    if processes:
        packed = pickle.dumps(approved)  # before `template_for` below adds all templates to it
        has_month = setup.month_themes is not None
        groups = {
            (claim.themes, claim.language, has_month and claim.frequency is Frequency.MONTHLY) for claim in audiences()
        }
        templates = {group: approved.template_for(group[0], group[1], monthly=group[2]) for group in groups}
        setup = replace(setup, template_for=_Packed(templates, packed))
    return SenderPool(
        setup,
        processes=processes,
        connections=smtp.connections,
        messages=smtp.messages_per_connection,
        marks=marks,
    )
