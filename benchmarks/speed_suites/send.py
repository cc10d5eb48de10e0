"""Messages a second into Postfix's smtp-sink, with the ledger on disk, beside smtp-source and a plain smtplib loop.

Each message is one subscriber's own: about 60 KB, filled from the mould, unsigned and DKIM-signed (RSA, 2,048 bits),
made and sent as `digest send` does, by several processes where there are several cores. Needs Debian's package
`postfix` for smtp-sink and smtp-source. In each round all take their turn, so that they meet the same machine; the
rates and the ratios are the medians of the rounds.
"""

from __future__ import annotations

import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.results import PeerMissingError, Row, spread
from digest.mail.message.message_headers import Addressing, MessageIds
from digest.mail.message.message_template import MessageTemplate, message_template
from digest.mail.rendering.render import Renderer
from digest.mail.smtp.outbox import Outbox, OutboxRules, Tally
from digest.model import Claim, Edition, EditionMail, Mailing
from digest.settings import Settings, parse_settings
from digest.steps.sending.build_messages import sender_pool_for
from digest.steps.sending.interrupted_runs import run_marks
from digest.store import deliveries, leases, subscribers
from digest.store.engine import Store, open_store
from digest.store.sender_ledger import SenderLedger
from digest.store.subscribers import NewSubscriber
from digest.template_folders import packaged_folder
from digest.week import Week
from tests.mail.editions import DESIGN, edition

SESSIONS = 64
MESSAGES = 40_000
PLAIN_MESSAGES = 400
ROUNDS = 3
WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)


def _clock() -> datetime:
    return datetime.now(UTC)


def rows() -> list[Row]:
    if not (shutil.which("smtp-sink", path=PATH) and shutil.which("smtp-source", path=PATH)):
        raise PeerMissingError("smtp-sink and smtp-source are not here: apt-get install postfix")
    rendered, sample, size = sixty_kilobytes()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    contenders: dict[str, Callable[[int], float]] = {
        "source": lambda port: _smtp_source(port, size),
        "unsigned": lambda port: _digest(port, sample, b""),
        "signed": lambda port: _digest(port, sample, pem),
        "plain": lambda port: _plain_loop(port, rendered),
    }
    with sink() as port:
        rounds = [{name: contender(port) for name, contender in contenders.items()} for _ in range(ROUNDS)]
    kilobytes = f"{size / 1000:.0f} KB"

    def row(what: str, digest_name: str, peer: str, peer_name: str) -> Row:
        rate, peers = (round(median(one[name] for one in rounds), 1) for name in (digest_name, peer))
        ratio = median(one[digest_name] / one[peer] for one in rounds)
        return Row(
            what, rate, peers, peer_name, round(ratio, 2), "messages/s", spread([one[digest_name] for one in rounds])
        )

    source = f"smtp-source, {SESSIONS} sessions"
    return [
        row(f"send {kilobytes}, unsigned, {SESSIONS} connections", "unsigned", "source", source),
        row(f"send {kilobytes}, DKIM-signed, {SESSIONS} connections", "signed", "source", source),
        row(f"send {kilobytes}, unsigned", "unsigned", "plain", "smtplib and EmailMessage in a loop, unsigned"),
        row(f"send {kilobytes}, DKIM-signed", "signed", "plain", "smtplib and EmailMessage in a loop, unsigned"),
    ]


PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin"


@contextmanager
def sink() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    binary = shutil.which("smtp-sink", path=PATH) or "smtp-sink"
    process = subprocess.Popen([binary, "-u", "nobody", f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def sixty_kilobytes() -> tuple[EditionMail, Sample, int]:
    """The sample edition with as many posts as make about 60 KB, and how many bytes a letter has."""
    renderer = Renderer(DESIGN, [packaged_folder()])
    subscriber = Addressing(
        "reader1@example.org",
        "",
        "<1@example.org>",
        datetime(2019, 3, 25, 7, tzinfo=UTC),
        "https://x.example/u",
        "mailto:x@example.org",
    )
    for posts in range(20, 200, 4):
        week = edition(posts)
        rendered = renderer.render(week)
        ready = message_template(rendered, DESIGN, week=str(WEEK))
        size = len(ready.fill(subscriber))
        if size >= 60_000:
            break
    return rendered, Sample(week, ready), size


@dataclass(frozen=True)
class Sample:
    """An edition of one mould, for everybody."""

    edition: Edition
    message_template: MessageTemplate

    def template_for(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> MessageTemplate:
        del themes, language, monthly
        return self.message_template


def settings_for(folder: Path, port: int, key: bytes) -> Settings:
    lines = [
        "[newsletter]", f"title = {DESIGN.title!r}", f"from = {DESIGN.from_!r}", f"public_url = {DESIGN.public_url!r}",
        "[smtp]", f"port = {port}", f"connections = {SESSIONS}",
    ]  # fmt: skip
    if key:
        (folder / "dkim.pem").write_bytes(key)
        lines += ["[dkim]", f"domain = {DESIGN.domain!r}", "selector = 's1'", "key_file = 'dkim.pem'"]
    return parse_settings("\n".join(lines), path=folder / "digest.toml")


def _digest(port: int, sample: Sample, key: bytes) -> float:
    """The whole of it, as `digest send` does it: claim, fill, sign, send, record."""
    with tempfile.TemporaryDirectory() as name:
        settings = settings_for(Path(name), port, key)
        store = open_store(settings.store_url)
        queue(store, MESSAGES)
        started = time.perf_counter()
        tally = send(settings, store, sample, MESSAGES)
        seconds = time.perf_counter() - started
        store.close()
    assert tally.sent == MESSAGES, tally
    return MESSAGES / seconds


def queue(store: Store, number: int) -> None:
    """Queue deliveries to so many new subscribers."""
    emails = [f"reader{one}@example.org" for one in range(number)]
    with store.writing() as connection:
        subscribers.add_many(connection, [NewSubscriber(one, one, one) for one in emails], now=_clock())
        deliveries.queue(connection, MAILING, now=_clock())


def send(settings: Settings, store: Store, sample: Sample, number: int) -> Tally:
    """Send the deliveries of a store, of which there are `number`."""
    by = leases.claimant()
    ledger = SenderLedger(
        store,
        MAILING,
        by=by,
        clock=_clock,
        lease=timedelta(minutes=15),
        message_id=MessageIds(settings.secret_key, str(WEEK), DESIGN.domain),
    )

    def audiences() -> list[Claim]:
        with store.reading() as connection:
            return deliveries.audiences(connection, MAILING, now=_clock())

    with run_marks(store, settings.state_folder, by, MAILING, SESSIONS) as marks:
        pool = sender_pool_for(settings, sample, waiting=number, audiences=audiences, marks=marks)
        return Outbox(ledger, pool, rules=OutboxRules(), clock=_clock).run()


def _smtp_source(port: int, size: int) -> float:
    binary = shutil.which("smtp-source", path=PATH) or "smtp-source"
    command = [binary, "-s", str(SESSIONS), "-m", str(MESSAGES), "-l", str(size)]
    command += ["-f", "a@example.org", "-t", "b@example.org", f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return MESSAGES / (time.perf_counter() - started)


def _plain_loop(port: int, rendered: EditionMail) -> float:
    """What a script would do: one connection, a new EmailMessage for each subscriber."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for number in range(PLAIN_MESSAGES):
            message = EmailMessage()
            message["From"], message["To"] = DESIGN.from_, f"reader{number}@example.org"
            message["Subject"] = rendered.subject
            message.set_content(rendered.text + f"\nreader{number}\n")
            message.add_alternative(rendered.html.replace("</body>", f"reader{number}</body>"), subtype="html")
            client.send_message(message)
    return PLAIN_MESSAGES / (time.perf_counter() - started)
