"""One worker of the outbox: one connection. Takes claims, sends, reports what the server said; decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.mail.reply import NotBegun, Outcome
from digest.mail.smtp import Connection, Envelope, Server, open_connection
from digest.model import Claim


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to go."""

    envelope: Envelope
    content: bytes  # lines end with CRLF
    stuffed: bytes = b""  # the same with its dots stuffed; b"": the connection does that


LetterFor = Callable[[Claim], Letter | None]
"""Makes the letter of one delivery; None when the edition has nothing for this reader. Called from several threads."""

Result = Outcome | BaseException | None
"""What became of a claim; None: the edition has nothing for this reader."""


class Worker:
    """Sends one letter after another over one connection, opened when it is needed."""

    def __init__(self, servers: Sequence[Server], letter_for: LetterFor, messages_per_connection: int) -> None:
        self._servers = servers
        self._letter_for = letter_for
        self._most = messages_per_connection
        self._connection: Connection | None = None

    def run(self, take: Callable[[], Claim | None], report: Callable[[Result], None]) -> None:
        """Report once when ready, then once for each claim, until there is none to take. Never raises."""
        report(None)
        while (claim := take()) is not None:
            report(self._deliver(claim))
        if self._connection is not None:
            self._connection.close()

    def _deliver(self, claim: Claim) -> Result:
        try:
            letter = self._letter_for(claim)
            return None if letter is None else self._send(letter)
        except Exception as error:  # noqa: BLE001 -- the clerk raises it in the thread that people see
            return error

    def _send(self, letter: Letter) -> Outcome:
        connection = self._connection
        if connection is not None and connection.messages >= self._most:
            connection.close()
        if connection is not None and connection.usable:
            outcome = connection.send(letter.envelope, letter.content, letter.stuffed)
            # Servers hang up on idle connections: that is no failure, and nothing was sent.
            if not isinstance(outcome, NotBegun) or outcome.fatal or connection.usable:
                return outcome
        opened = self._open()
        if isinstance(opened, NotBegun):
            return opened
        self._connection = opened
        return opened.send(letter.envelope, letter.content, letter.stuffed)

    def _open(self) -> Connection | NotBegun:
        """The first server that lets us in; the failure of the first when none does."""
        first: NotBegun | None = None
        for server in self._servers:
            opened = open_connection(server)
            if isinstance(opened, Connection):
                return opened
            first = first or opened
        return first or NotBegun("no mail server is set", fatal=True)
