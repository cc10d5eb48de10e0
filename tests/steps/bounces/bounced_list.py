"""A newsletter with a whole list, and the mailbox to which mail comes back."""

from __future__ import annotations

import mailbox
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from digest.events import Event
from digest.mail.smtp.outbox import Tally
from digest.model import DeliveryResult, DeliveryState, EffectiveStatus, Mailing, Reply
from digest.settings import Secrets, parse_settings
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.sending.sending_run import SendReport, finish
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.import_csv import import_rows
from digest.steps.subscribers.read_bounces import BouncesReport, read_bounces
from digest.store import claims, deliveries
from digest.store.engine import Store
from digest.subscribers.csv_file import CsvRow
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.mail.returned import returned_mail

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
TOML = """
[newsletter]
title = "Test"
from = "digest@example.org"
[bounces]
return_path = "b+{token}@example.org"
"""


FIRST_KEY, SECOND_KEY = "the-first-key-of-the-tests-is-long-enough", "the-second-key-of-the-tests-is-long-enough"


def _secrets(*keys: str) -> Secrets:
    return Secrets(secret_key=SecretStr(keys[0]), secret_key_previous=SecretStr("\n".join(key for key in keys[1:])))


class BouncedList:
    def __init__(self, folder: Path, store: Store, addresses: Iterable[str], *, more: str = "") -> None:
        self.folder, self.store = folder, store
        text = f'{TOML}mailbox = "{folder}/box"\n{more}[store]\nurl = "{store.engine.url}"\n'
        self.text = text
        settings = parse_settings(text, path=folder / "digest.toml", secrets=_secrets(FIRST_KEY))
        self.events: list[Event] = []
        self.context = Context(settings, store, lambda: NOW, (lambda _context, event: self.events.append(event),))
        self.box = mailbox.Maildir(folder / "box")
        self.addresses = list(addresses)
        rows = [CsvRow(place, address, "", (), "", False, False, False) for place, address in enumerate(self.addresses)]
        assert {one.verdict for one in import_rows(self.context, rows, file_name="list.csv", by="test")} == {"added"}
        self._tokens = Tokens(keys_of(settings))

    def with_new_key(self) -> Context:
        """The context after the operator has put a new secret key before the first one."""
        secrets = _secrets(SECOND_KEY, FIRST_KEY)
        settings = parse_settings(self.text, path=self.folder / "digest.toml", secrets=secrets)
        return Context(settings, self.store, lambda: NOW)

    def send(self, week: str, rejected: Mapping[int, Reply] = MappingProxyType({}), *, at: datetime = NOW) -> None:
        """Deliver an edition to everybody who gets mail, except to those whom the server rejects."""
        mailing = Mailing.parse(week)
        with self.context.store.writing() as connection:
            deliveries.queue(connection, mailing, now=at)
            batch = claims.claim(
                connection,
                mailing,
                len(self.addresses),
                by="x",
                now=at,
                lease=timedelta(1),
                message_id=lambda number: f"<{week}.{number}@x>",
            )
            results = [
                DeliveryResult(one.id, DeliveryState.FAILED, rejected[one.subscriber])
                if one.subscriber in rejected
                else DeliveryResult(one.id, DeliveryState.SENT, Reply(250))
                for one in batch.claims
            ]
            claims.record(connection, results, by="x", now=at)

    def finish(self, week: str) -> SendReport:
        """What a sending run does at its end."""
        return finish(self.context, Mailing.parse(week), Tally(), 0.0)

    def report(self, number: int, week: str, status: str = "5.1.1") -> bytes:
        """The report that the edition did not reach the subscriber with this number (from 1)."""
        token = self._tokens.make(Purpose.BOUNCE, number)
        raw = returned_mail.dsn("", status=status, message_id=f"<{week}.{number}@x>", to=f"b+{token}@example.org")
        return raw.replace(b"ada@reader.example", self.addresses[number - 1].encode())

    def bounce(self, numbers: Iterable[int], week: str, status: str = "5.1.1") -> None:
        for number in numbers:
            self.box.add(self.report(number, week, status))

    def unsubscribe_token(self, number: int) -> str:
        return self._tokens.make(Purpose.UNSUBSCRIBE, number)

    def read(self) -> BouncesReport:
        return read_bounces(self.context)

    def suppressed(self) -> set[int]:
        everyone = operator_actions.everyone(self.context, EffectiveStatus.SUPPRESSED)
        return {one.id for one in everyone}


def spread(number: int) -> list[str]:
    """So many addresses, each at a domain of its own."""
    return [f"ada@d{place}.example" for place in range(number)]
