"""Messages that go out at once: which outcome leads to the next server, to a later attempt, or to a failure."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit

from digest.errors import MailServerError
from digest.log import listening
from digest.mail.message.notice import Notice
from digest.mail.smtp.classify_reply import NoReply, NotSent, Outcome, Replied, Stage
from digest.mail.smtp.connection import MailServer
from digest.mail.smtp.transaction import Envelope
from digest.model import Reply
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.send_notice import NoticeError, send_notice, send_notice_or_log
from digest.steps.send_now import accepted, may_try_again, reason_of, send_now, without_reply
from digest.store.engine import Store
from tests.mail.smtp.smtp_server import DROP, SmtpServer, serving
from tests.steps.newsletter_setup import NOW

MESSAGE = b"Subject: Hello\r\n\r\nHello.\r\n"
ADA = "ada@example.org"

ACCEPTED = Replied(Stage.ENDED, Reply(250, "2.0.0", "ok"))
DEFERRED = Replied(Stage.RECIPIENT, Reply(451, "4.3.0", "later"))
DEFERRED_AT_END = Replied(Stage.ENDED, Reply(451, "4.3.0", "later"))
REJECTED = Replied(Stage.RECIPIENT, Reply(550, "5.1.1", "no such user"))
REJECTED_AT_END = Replied(Stage.ENDED, Reply(554, "5.7.1", "spam"))
UNREACHABLE = NotSent("connection refused")
WRONG_PASSWORD = NotSent("535 wrong password", fatal=True, remedy="Check the password.")
UNKNOWN = NoReply("no reply after the end of the message")


class RecordingTransport:
    """A transport that is not SMTP: it has an outcome for each call, and remembers what it was given."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes = list(outcomes)
        self.calls: list[tuple[str, Envelope, bytes]] = []

    def __call__(self, server: MailServer, envelope: Envelope, message: bytes) -> Outcome:
        self.calls.append((f"{server.host}:{server.port}", envelope, message))
        return self._outcomes.pop(0)


def context_with(folder: Path, store: Store, *ports: int) -> Context:
    """Settings with a mail server on each port, in order of preference."""
    first, *others = ports
    document = {
        "newsletter": {"title": "The Test Digest", "from": "Digest <digest@example.org>"},
        "smtp": {"port": first, "fallbacks": [f"127.0.0.1:{port}" for port in others], "timeout_seconds": 5.0},
    }
    return Context(parse_settings(tomlkit.dumps(document), path=folder / "digest.toml"), store, lambda: NOW)


@pytest.fixture
def store_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """Of SQLite only: the database makes no difference here."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'digest.db')}"


@pytest.fixture
def two_servers(tmp_path: Path, store: Store) -> Context:
    return context_with(tmp_path, store, 2501, 2502)


@pytest.fixture
def servers() -> Iterator[tuple[SmtpServer, SmtpServer]]:
    with ExitStack() as stack:
        yield stack.enter_context(serving()), stack.enter_context(serving())


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "tries_next"),
    [
        pytest.param(ACCEPTED, False, id="accepted"),
        pytest.param(UNREACHABLE, True, id="unreachable"),
        pytest.param(WRONG_PASSWORD, True, id="wrong password: the next server may have another"),
        pytest.param(DEFERRED, True, id="4xx"),
        pytest.param(DEFERRED_AT_END, True, id="4xx after the message"),
        pytest.param(REJECTED, False, id="5xx about the recipient"),
        pytest.param(REJECTED_AT_END, False, id="5xx about the message"),
        pytest.param(UNKNOWN, False, id="no reply: it may have arrived"),
    ],
)
def test_next_server_is_tried_only_where_none_has_the_message(
    two_servers: Context, outcome: Outcome, tries_next: bool
) -> None:
    transport = RecordingTransport([outcome, ACCEPTED])
    result = send_now(replace(two_servers, transport=transport), MESSAGE, ADA)
    servers = [server for server, *_ in transport.calls]
    assert servers == ["127.0.0.1:2501", "127.0.0.1:2502"][: 2 if tries_next else 1]
    assert result == (ACCEPTED if tries_next else outcome)


@pytest.mark.parametrize(
    ("outcomes", "reply_code", "reason"),
    [
        ([UNREACHABLE, DEFERRED], 451, "later"),
        ([DEFERRED, UNREACHABLE], 451, "later"),
        ([DEFERRED, Replied(Stage.RECIPIENT, Reply(450, "", "busy"))], 450, "busy"),
        ([UNREACHABLE, NotSent("no route.")], 0, "connection refused; no route"),
    ],
)
def test_after_the_last_server_a_reply_counts_more_than_silence(
    two_servers: Context, outcomes: list[Outcome], reply_code: int, reason: str
) -> None:
    result = send_now(replace(two_servers, transport=RecordingTransport(outcomes)), MESSAGE, ADA)
    assert (result.reply.code if isinstance(result, Replied) else 0) == reply_code
    assert reason in reason_of(result)
    assert may_try_again(result)
    assert accepted(result) is None


def test_settings_are_to_blame_only_if_each_server_says_so(two_servers: Context) -> None:
    both = send_now(replace(two_servers, transport=RecordingTransport([WRONG_PASSWORD, WRONG_PASSWORD])), MESSAGE, ADA)
    one = send_now(replace(two_servers, transport=RecordingTransport([WRONG_PASSWORD, UNREACHABLE])), MESSAGE, ADA)
    assert isinstance(both, NotSent)
    assert isinstance(one, NotSent)
    assert (both.fatal, one.fatal) == (True, False)
    assert both.remedy == "Check the password."
    assert one.remedy == "Check the password. See [smtp] in digest.toml."


@pytest.mark.parametrize(
    ("reply", "stage", "is_accepted"),
    [
        (Reply(250), Stage.ENDED, True),
        (Reply(299), Stage.ENDED, True),
        (Reply(250), Stage.RECIPIENT, False),
        (Reply(354), Stage.ENDED, False),
        (Reply(199), Stage.ENDED, False),
    ],
)
def test_accepted_means_2xx_after_the_end_of_the_message(reply: Reply, stage: Stage, is_accepted: bool) -> None:
    assert (accepted(Replied(stage, reply)) == reply) is is_accepted


def test_error_does_not_call_a_server_unreachable_that_took_the_message() -> None:
    assert without_reply(UNREACHABLE).what == "No mail server could be reached: connection refused."
    unknown = without_reply(UNKNOWN)
    assert isinstance(unknown, MailServerError)
    assert unknown.what.startswith("Whether the message arrived is unknown: ")
    assert "before you send it again" in unknown.remedy


# --- The transport ----------------------------------------------------------------------------------------------------


def test_a_transport_is_given_server_envelope_and_message(two_servers: Context) -> None:
    transport = RecordingTransport([ACCEPTED])
    send_now(replace(two_servers, transport=transport), MESSAGE, "Ädä@bücher.example")
    ((server, envelope, message),) = transport.calls
    assert server == "127.0.0.1:2501"
    assert envelope == Envelope("digest@example.org", "Ädä@xn--bcher-kva.example", smtputf8=True)
    assert message == MESSAGE


def test_a_notice_takes_another_transport(two_servers: Context) -> None:
    transport = RecordingTransport([DEFERRED, ACCEPTED])
    send_notice(replace(two_servers, transport=transport), Notice(ADA, "Hello", "Please confirm.\n"))
    assert [envelope.recipient for _, envelope, _ in transport.calls] == [ADA, ADA]
    assert b"Please confirm." in transport.calls[-1][2]


def test_smtp_falls_back_to_the_next_server(
    tmp_path: Path, store: Store, servers: tuple[SmtpServer, SmtpServer]
) -> None:
    first, second = servers
    first.order("RCPT", "451 4.3.2 maintenance")
    result = send_now(context_with(tmp_path, store, first.port, second.port), MESSAGE, ADA)
    assert accepted(result) is not None
    assert ([each.recipient for each in first.accepted], [each.recipient for each in second.accepted]) == ([], [ADA])


def test_smtp_does_not_send_a_message_twice_that_a_server_may_have(
    tmp_path: Path, store: Store, servers: tuple[SmtpServer, SmtpServer]
) -> None:
    first, second = servers
    first.order("TAKEN", DROP)
    result = send_now(context_with(tmp_path, store, first.port, second.port), MESSAGE, ADA)
    assert isinstance(result, NoReply)
    assert (len(first.accepted), len(second.accepted)) == (1, 0)


# --- Notices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "attempts"), [(UNREACHABLE, 3), (DEFERRED, 3), (REJECTED, 1), (UNKNOWN, 1), (ACCEPTED, 1)]
)
def test_a_notice_is_tried_again_only_where_that_can_help(
    tmp_path: Path, store: Store, outcome: Outcome, attempts: int
) -> None:
    transport, lines = RecordingTransport([outcome] * 3), list[str]()
    with listening(lines.append):
        context = replace(context_with(tmp_path, store, 2501), transport=transport)
        send_notice_or_log(context, Notice(ADA, "Hello", "Hi.\n"), first_wait=0.01)
    assert len(transport.calls) == attempts
    assert sum("A notice was not sent" in line for line in lines) == (0 if outcome == ACCEPTED else attempts)


def test_a_failed_notice_says_why_without_the_address(two_servers: Context) -> None:
    rejection = Replied(Stage.RECIPIENT, Reply(550, "5.1.1", f"<{ADA}>: user unknown"))
    with pytest.raises(NoticeError, match="user unknown") as caught:
        send_notice(replace(two_servers, transport=RecordingTransport([rejection])), Notice(ADA, "Hello", "Hi.\n"))
    assert not caught.value.try_again
    assert ADA not in caught.value.what
