"""End to end through Postfix and Dovecot: sent, delivered, read, verified, bounced, left."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import dkim
import pytest
import tomlkit
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.testclient import TestClient

from digest.mail.message.dkim import signer_of
from digest.mail.message.message_template import message_template
from digest.mail.rendering.render import Renderer
from digest.model import DeliveryCounts, Edition, EffectiveStatus, Mailing
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.sending.deliveries import reconcile
from digest.steps.sending.sending_run import deliver
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.read_bounces import read_bounces
from digest.store import deliveries
from digest.store.engine import open_store
from digest.template_folders import packaged_folder
from digest.web.public.app import create_app
from digest.week import Week
from tests.mail.editions import DESIGN, edition
from tests.mail.mail_system import DOMAIN, MailSystem, mail_system

WEEK = Week(2019, 12)
MAILING = Mailing(WEEK)


@pytest.fixture
def system() -> Iterator[MailSystem]:
    # The servers' sockets lie in this folder, and a socket's path has at most 107 bytes: pytest's own is too deep.
    with tempfile.TemporaryDirectory(prefix="digest-mail-") as name:
        users = {"ada": "ada", "bo": "bo", "jörg": "joerg", "bounces": "bounces"}
        with mail_system(Path(name) / "system", users) as running:
            yield running


class Approved:
    """An edition, as sending needs it."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        rendered = Renderer(DESIGN, [packaged_folder()]).render(edition)
        self._template = message_template(rendered, DESIGN, week=str(WEEK))

    def template_for(self, themes: tuple[str, ...], language: str, *, monthly: bool) -> object:
        del themes, language, monthly
        return self._template


def context_for(folder: Path, system: MailSystem) -> Context:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "dkim.pem").write_bytes(pem)
    document = {
        "newsletter": {
            "title": "The Harbour Digest",
            "from": "Digest <digest@example.org>",
            "public_url": "https://digest.example.org",
        },
        "smtp": {"port": system.smtp_port, "connections": 2},
        "dkim": {"domain": "example.org", "selector": "s1", "key_file": "dkim.pem"},
        "bounces": {"return_path": "bounces+{token}@example.org", "mailbox": str(system.maildirs / "bounces")},
    }
    (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
    settings = load_settings(folder / "digest.toml")
    return Context(settings, open_store(settings.store_url), lambda: datetime.now(UTC))


def test_through_a_real_mail_system(tmp_path: Path, system: MailSystem) -> None:
    context = context_for(tmp_path, system)
    for name in ("ada", "bo", "jörg", "nobody.here"):
        assert operator_actions.add(context, f"{name}@{DOMAIN}").verdict == "added"
    with context.store.writing() as connection:
        deliveries.queue(connection, MAILING, now=context.clock())
    tally = deliver(context, MAILING, Approved(edition(5)))  # type: ignore[arg-type]  # structural
    assert tally.sent == 4, "this server takes everything and finds out later"

    # Each subscriber's own mail is delivered, read over IMAP, and its signature is still valid.
    for user, box in (("ada", "ada"), ("bo", "bo"), ("jörg", "joerg")):
        (raw,) = system.mailbox(box, 1)
        signer = signer_of(context.settings)
        assert signer is not None
        record = signer.public_record().encode()
        assert dkim.verify(raw, dnsfunc=lambda *_args, record=record, **_options: record), user
        message = message_from_bytes(raw, policy=default)
        assert f"{user}@{DOMAIN}" in str(message["To"])
        assert str(message["Return-Path"]).startswith("<bounces+")

    # Mail to an unknown recipient comes back as a bounce, and the address is suppressed.
    assert len(system.mailbox("bounces", 1)) == 1
    report = read_bounces(context)
    assert (report.hard, report.suppressed) == (1, 1)
    assert operator_actions.add(context, f"nobody.here@{DOMAIN}").reason.startswith("bounce 5.1")

    # One click, as a mailbox provider sends it, with the address from the delivered mail.
    (raw,) = system.mailbox("ada", 1)
    header = str(message_from_bytes(raw, policy=default)["List-Unsubscribe"])
    match = re.search(r"https://digest\.example\.org(/unsubscribe/\S+?)>", header)
    assert match
    browser = TestClient(create_app(context), base_url="https://digest.example.org")
    assert browser.post(match[1], data={"List-Unsubscribe": "One-Click"}).status_code == 200
    statuses = {one.email.partition("@")[0]: one.status for one in operator_actions.everyone(context)}
    assert statuses["ada"] is EffectiveStatus.LEFT

    # If the replies had been lost, the server's log would settle the deliveries.
    with context.store.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'uncertain'")
    settled = reconcile(context, system.log)
    assert (settled.sent, settled.failed, settled.unknown) == (3, 1, 0)
    with context.store.reading() as connection:
        assert deliveries.counts(connection, MAILING) == DeliveryCounts(sent=3, failed=1)
    context.store.close()
