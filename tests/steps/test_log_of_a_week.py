"""The log of a whole week, at DEBUG, with odd data: it holds no address and no secret."""

from __future__ import annotations

import json
import logging
import mailbox
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.collect.parse_in_workers import ParsePool
from digest.events import DraftReady
from digest.log import configuration_of, configure, reset
from digest.model import Mailing
from digest.settings import Secrets, load_settings
from digest.steps.collecting.collect import collect
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.mail_setup import keys_of
from digest.steps.notifying.notify_editors import notify_editors
from digest.steps.sending.deliveries import retry
from digest.steps.sending.send import send
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.read_bounces import read_bounces
from digest.steps.subscribers.subscribe import ask_to_subscribe
from digest.store.engine import Store
from digest.subscribers.link_tokens import Purpose, Tokens
from digest.words.catalogues import page_catalogue
from tests.mail.returned import returned_mail
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.editor_changes import write_subject
from tests.steps.newsletter_setup import WEEK, set_up

SECRETS = {
    "smtp_password": "word-for-smtp",
    "imap_password": "word-for-imap",
    "secret_key": "word-for-all-tokens",
    "secret_key_previous": "older-word-1 older-word-2",
    "desk_password": "word-for-the-desk",
}
SUBSCRIBERS = ("ada@example.org", "bo.b@odd.example", "o'hara@example.org", "cy+tag@faß.de", "dee@example.org")
OTHERS = ("name@odd.example", "source@odd.example", "title@odd.example", "editor@odd.example", "new@odd.example")


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    yield
    reset()


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_address_and_no_secret_is_logged(
    tmp_path: Path,
    store: Store,
    server: SmtpServer,
    parsers: ParsePool,
    capsys: pytest.CaptureFixture[str],
    log_format: str,
) -> None:
    tables = {
        "newsletter": {"editors": ["Editor <editor@odd.example>"]},
        "smtp": {"port": server.port, "connections": 2},
        "bounces": {"mailbox": str(tmp_path / "box")},
        "log": {"format": log_format},
    }
    with set_up(tmp_path, store, sources=("Working at Estuary", "Harbour Region Comms"), tables=tables) as newsletter:
        path = tmp_path / "digest.toml"
        odd = (
            '\n[[sources]]\nname = "Write to source@odd.example"\nfeed = "http://127.0.0.1:9/source@odd.example/feed"\n'
        )
        path.write_text(path.read_text("utf-8") + odd, "utf-8")
        settings = load_settings(path, Secrets(_env_file=None, **SECRETS))
        context = Context(settings, store, newsletter.context.clock, notifiers=(notify_editors,))
        configure(configuration_of(settings, level=logging.DEBUG))

        for address in SUBSCRIBERS:
            operator_actions.add(context, address, name="Known as name@odd.example")
        collect(context, week=WEEK, parsers=parsers)
        edition = compose(context, WEEK)
        server.order("RCPT", "451 4.2.0 <editor@odd.example> come back, word-for-smtp", about="editor@", times=9)
        context.emit(DraftReady(edition.edition))
        write_subject(context, WEEK, "Write to title@odd.example", by="editor@odd.example")
        approve(context, WEEK, by="editor@odd.example")
        server.order("RCPT", "550 5.1.1 <ada@example.org>: user ada unknown, says word-for-smtp", about="ada@")
        server.order("RCPT", "450 4.2.0 bo.b@odd.example is greylisted (bo.b=odd.example)", about="bo.b@")
        server.order("DATA", "554 5.7.1 o'hara@example.org wants none, o%27hara%40example.org", about="")
        report = send(context, WEEK)
        assert report.failed == 2
        assert report.deferred == 1
        retry(context, Mailing(WEEK))
        send(context, WEEK)
        token = Tokens(keys_of(settings)).make(Purpose.UNSUBSCRIBE, 5)
        box = mailbox.Maildir(tmp_path / "box")
        box.add(returned_mail.dsn(token))
        box.add(returned_mail.complaint(token))
        assert read_bounces(context).read == 2
        server.order("RCPT", "550 5.7.1 not to new@odd.example", about="new@", times=9)
        ask_to_subscribe(context, "new@odd.example", page_catalogue(settings), name="name@odd.example")

    output = capsys.readouterr().err
    if log_format == "json":
        records = [json.loads(line) for line in output.splitlines()]
        assert {"week", "delivery", "source", "run"} <= {name for record in records for name in record}
        output = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    assert "Delivery 1 failed: 550 5.1.1" in output, "each rejected delivery has a line"
    assert "Delivery 2 deferred: 450 4.2.0" in output, "each deferred delivery has a line"
    assert "(secret)" in output, "the server quoted the password"
    for address in (*SUBSCRIBERS, *OTHERS, "bo.b=odd.example", "cy+tag@xn--fa-hia.de", "user ada", "odd.example>"):
        assert address not in output
    for secret in SECRETS.values():
        for word in secret.split():
            assert word not in output
