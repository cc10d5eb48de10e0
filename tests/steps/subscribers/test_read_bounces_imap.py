"""Returned mail behind IMAP: a real Dovecot over TLS, from the mailbox to the suppression list."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import tomlkit

from digest.errors import MailServerError, SettingsError
from digest.mail.returned.imap import encoded_name, parse_place
from digest.mail.returned.unread_mail import MOST_BYTES
from digest.model import EffectiveStatus, Mailing
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.read_bounces import BouncesReport, read_bounces
from digest.store import deliveries
from digest.store.engine import open_store
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.mail.mail_system import PASSWORD, ImapServer, imap_server
from tests.mail.returned import returned_mail

SENT_AT = datetime(2019, 3, 25, 7, tzinfo=UTC)
ADA, BO = "ada@reader.example", "bo@reader.example"


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    # The server's sockets lie in this folder, and a socket's path has at most 107 bytes: pytest's own is too deep.
    with tempfile.TemporaryDirectory(prefix="digest-imap-") as name, imap_server(Path(name) / "system") as running:
        yield running


class Desk:
    """A newsletter with two subscribers, and the mailbox of its own to which mail comes back."""

    def __init__(self, folder: Path, imap: ImapServer, user: str) -> None:
        document = {
            "newsletter": {"title": "Test", "from": "digest@example.org"},
            "smtp": {"ca_file": str(imap.ca_file)},
            "bounces": {"return_path": "b+{token}@example.org", "soft_limit": 2},
        }
        (folder / "digest.toml").write_text(tomlkit.dumps(document), "utf-8")
        settings = load_settings(folder / "digest.toml")
        self.context = Context(settings, open_store(settings.store_url), lambda: SENT_AT)
        self.imap, self.user = imap, user
        for email in (ADA, BO):
            operator_actions.add(self.context, email)
        self._tokens = Tokens(keys_of(settings))
        self.token = self._tokens.make(Purpose.UNSUBSCRIBE, 1)

    @property
    def verp(self) -> str:
        return f"b+{self._tokens.make(Purpose.BOUNCE, 1)}@example.org"

    def put(self, *mails: bytes, at: datetime | None = None) -> None:
        for raw in mails:
            self.imap.put(self.user, raw, at=at)

    def read(self, scheme: str = "imaps", *, port: int = 0, folder: str = "INBOX") -> BouncesReport:
        port = port or (self.imap.tls_port if scheme == "imaps" else self.imap.port)
        return read_bounces(self.context, f"{scheme}://{self.user}@127.0.0.1:{port}/{folder}")

    def sent(self, week: str, at: datetime) -> None:
        with self.context.store.writing() as connection:
            deliveries.queue(connection, Mailing.parse(week), now=at)
            values = {"week": week, "at": at.replace(tzinfo=None).isoformat(" ")}
            connection.exec_driver_sql(
                "UPDATE deliveries SET state = 'sent', message_id = '<' || week || subscriber || '@x>', "
                "updated_at = :at || '.000000' WHERE week = :week",
                values,
            )

    def standing(self) -> dict[str, tuple[EffectiveStatus, str]]:
        return {one.email: (one.status, one.reason) for one in operator_actions.everyone(self.context)}

    def history(self) -> list[str]:
        return [
            line.what for line in operator_actions.history(self.context, ADA) if not line.what.startswith("edition")
        ]


_numbers = count()


@pytest.fixture
def desk(tmp_path: Path, imap: ImapServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DIGEST_IMAP_PASSWORD", PASSWORD)
    created = Desk(tmp_path, imap, f"desk{next(_numbers)}")
    yield created
    created.context.store.close()


def test_each_report_is_counted_once_and_other_mail_left_alone(desk: Desk) -> None:
    desk.put(
        returned_mail.letter(),
        returned_mail.dsn(desk.token),
        returned_mail.complaint(desk.token),
        returned_mail.holiday(desk.token),
        returned_mail.dsn(desk.token, status="4.4.1", action="delayed"),
    )
    desk.imap.put(desk.user, returned_mail.dsn(desk.token), flags="(\\Deleted)")
    desk.imap.put(desk.user, returned_mail.dsn(desk.token), flags="(\\Seen \\Flagged)")
    desk.imap.put(desk.user, returned_mail.dsn(desk.token), folder="Other")
    expected = BouncesReport(read=5, hard=1, complaint=1, automatic=1, delayed=1, other=1, suppressed=1)
    assert desk.read() == expected
    assert desk.standing() == {ADA: (EffectiveStatus.SUPPRESSED, "complaint abuse"), BO: (EffectiveStatus.ACTIVE, "")}
    flags = {"\\Seen"}
    assert desk.imap.flags(desk.user) == [set(), flags, flags, flags, flags, {"\\Deleted"}, {"\\Seen", "\\Flagged"}]
    assert desk.imap.flags(desk.user, "Other") == [set()]

    desk.put(returned_mail.please_remove(desk.token))
    assert desk.read("imap") == BouncesReport(read=2, unsubscribe=1, other=1), "only what is new, and the letter again"
    assert desk.standing()[ADA][0] is EffectiveStatus.LEFT
    assert desk.history() == ["subscribed", "suppressed", "unsubscribed"]


def test_a_folder_with_any_name(desk: Desk) -> None:
    name = 'Zurück & "more"'
    desk.imap.put(desk.user, returned_mail.dsn(desk.token), folder='"' + encoded_name(name).replace('"', '\\"') + '"')
    assert desk.read(folder="Zur%C3%BCck%20%26%20%22more%22").suppressed == 1


def test_verp_alone_names_the_subscriber(desk: Desk) -> None:
    desk.put(returned_mail.dsn("", to=desk.verp))
    assert desk.read().suppressed == 1


def test_a_report_counts_once_however_often_it_is_read(desk: Desk) -> None:
    """Killed between commit and mark: the mail is still unread, and the next edition may have been sent."""
    day = timedelta(days=1)
    desk.sent("2019-W11", SENT_AT)
    desk.put(returned_mail.dsn("", to=desk.verp, status="4.2.2", message_id="<cut-off"), at=SENT_AT + day)
    assert desk.read().soft == 1
    for later in range(3):
        desk.sent(f"2019-W{12 + later}", SENT_AT + (7 + 7 * later) * day)
        with desk.imap.client(desk.user) as client:
            client.select("INBOX")
            client.store("1", "-FLAGS", "(\\Seen)")
        assert desk.read() == BouncesReport(read=1, soft=1)
    assert desk.history() == ["subscribed", "soft bounce"]
    assert desk.standing()[ADA] == (EffectiveStatus.ACTIVE, "")
    desk.put(returned_mail.dsn("", to=desk.verp, status="4.2.2", message_id="<cut-off"), at=SENT_AT + 22 * day)
    assert desk.read().suppressed == 0, "two soft bounces, but not in a row"
    desk.sent("2019-W15", SENT_AT + 28 * day)
    desk.put(returned_mail.dsn("", to=desk.verp, status="4.2.2", message_id="<cut-off"), at=SENT_AT + 29 * day)
    assert desk.read().suppressed == 1


def test_a_forged_bounce_changes_nothing(desk: Desk) -> None:
    """Only the holder of a subscriber's token can have that subscriber suppressed."""
    bos = Tokens(keys_of(desk.context.settings)).make(Purpose.UNSUBSCRIBE, 2)
    strangers = Tokens([b"of another newsletter"])
    wrong_purpose = f"b+{Tokens(keys_of(desk.context.settings)).make(Purpose.PREFERENCES, 1)}@example.org"
    desk.put(
        returned_mail.dsn(""),
        returned_mail.dsn(strangers.make(Purpose.UNSUBSCRIBE, 1)),
        returned_mail.dsn("", to=f"b+{strangers.make(Purpose.BOUNCE, 1)}@example.org"),
        returned_mail.dsn("", to=wrong_purpose),
        returned_mail.complaint(desk.token[:-2] + ("b" if desk.token[-2] == "a" else "a") + desk.token[-1]),
        returned_mail.please_remove("1." + "a" * 27),
    )
    report = desk.read()
    assert (report.read, report.unmatched, report.suppressed) == (6, 6, 0)
    assert desk.standing() == {ADA: (EffectiveStatus.ACTIVE, ""), BO: (EffectiveStatus.ACTIVE, "")}
    desk.put(returned_mail.dsn(bos))  # its report names Ada, its token is Bo's: somebody to whom Bo passes mail on
    report = desk.read()
    assert (report.soft, report.suppressed) == (1, 0)
    desk.put(returned_mail.dsn(bos).replace(ADA.encode(), BO.encode()))
    assert desk.read().suppressed == 1
    assert desk.standing() == {ADA: (EffectiveStatus.ACTIVE, ""), BO: (EffectiveStatus.SUPPRESSED, "bounce 5.1.1")}


def test_a_huge_mail_is_read_in_part(desk: Desk) -> None:
    huge = returned_mail.dsn(desk.token) + b"x" * 70 + b"\r\n" + (b"y" * 78 + b"\r\n") * 80_000
    assert len(huge) > 3 * MOST_BYTES
    desk.put(huge, returned_mail.dsn(desk.token))
    assert desk.read() == BouncesReport(read=2, hard=2, suppressed=1)


# --- What goes wrong --------------------------------------------------------------------------------------------------


def test_a_wrong_password(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("wrong", "pässwörd", ""):
        monkeypatch.setenv("DIGEST_IMAP_PASSWORD", wrong)
        settings = load_settings(tmp_path / "digest.toml")
        context = Context(settings, desk.context.store, desk.context.clock)
        with pytest.raises(MailServerError, match=f"127.0.0.1 rejects the log-in of {desk.user}: ") as failure:
            read_bounces(context, f"imaps://{desk.user}@127.0.0.1:{desk.imap.tls_port}/INBOX")
        assert "b'" not in str(failure.value)
        assert "DIGEST_IMAP_PASSWORD" in failure.value.remedy
        assert not wrong or wrong not in str(failure.value)


def test_no_such_folder(desk: Desk) -> None:
    with pytest.raises(MailServerError, match=r"Nowhere of desk.* cannot be opened: .*Mailbox doesn't exist: Nowhere"):
        desk.read(folder="Nowhere")


def test_a_closed_port_is_an_error(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailServerError, match=f"127.0.0.1:{port} cannot be reached: .*refused"):
        desk.read(port=port)


def test_a_certificate_of_another_host_is_an_error(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text('[newsletter]\ntitle = "T"\nfrom = "d@example.org"\n', "utf-8")
    settings = load_settings(tmp_path / "digest.toml")
    context = Context(settings, desk.context.store, desk.context.clock)
    for scheme, port in (("imaps", desk.imap.tls_port), ("imap", desk.imap.port)):
        with pytest.raises(MailServerError, match="certificate verify failed"):
            read_bounces(context, f"{scheme}://{desk.user}@127.0.0.1:{port}/INBOX")


def test_a_server_that_hangs_up_while_reading(desk: Desk) -> None:
    """The connection is cut after so many bytes: processed mails stay processed, the rest is read next time."""
    desk.put(*[returned_mail.dsn(desk.token)] * 40)
    why = r"INBOX of desk.* cannot be (read|marked): .* mails were processed"
    with cut_after(16_000, to=desk.imap.tls_port) as port, pytest.raises(MailServerError, match=why):
        desk.read(port=port)
    marked = sum("\\Seen" in flags for flags in desk.imap.flags(desk.user))
    assert 0 < marked < 40
    assert desk.history() == ["subscribed", "suppressed"]
    rest = desk.read()
    assert (rest.read, rest.suppressed) == (40 - marked, 0)
    assert desk.history() == ["subscribed", "suppressed"]


class cut_after:  # noqa: N801 - used as a function
    """A connection to a port that breaks after so many bytes from there."""

    def __init__(self, most: int, *, to: int) -> None:
        self._remaining, self._to = most, to
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._carry, daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *_exception: object) -> None:
        self._listener.close()

    def _carry(self) -> None:
        near, _ = self._listener.accept()
        with closing(near), closing(socket.create_connection(("127.0.0.1", self._to))) as far:
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()
            while self._remaining > 0 and (some := far.recv(min(4096, self._remaining))):
                self._remaining -= len(some)
                near.sendall(some)
            for one in (near, far):
                one.shutdown(socket.SHUT_RDWR)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while some := source.recv(4096):
                target.sendall(some)
        except OSError:
            pass  # the connection is cut


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("imaps://reader:hunter2@mail.example/INBOX", "contains a password"),
        ("imaps://mail.example/INBOX", "lacks a server or a user name"),
        ("imaps://ada@/INBOX", "lacks a server or a user name"),
        ("imaps://ada@mail.example:nine/INBOX", "port of the IMAP mailbox is not a number"),
        ("imap://ada@mail.example:99999/INBOX", "port of the IMAP mailbox is not a number"),
    ],
)
def test_invalid_mailbox_urls(place: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as failure:
        parse_place(place)
    assert "hunter2" not in str(failure.value)


def test_a_mailbox_url_names_host_port_user_and_folder() -> None:
    place = parse_place("imaps://ada%40example.org@mail.example/Zur%C3%BCck")
    assert (place.host, place.port, place.user, place.folder) == ("mail.example", 993, "ada@example.org", "Zurück")
    assert parse_place("imap://ada@mail.example").port == 143


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("INBOX", "INBOX"),
        ("a&b", "a&-b"),
        ("Zurück", "Zur&APw-ck"),
        ("日本", "&ZeVnLA-"),
        ("~peter/台北", "~peter/&U,BTFw-"),
    ],
)
def test_names_in_imap_s_own_utf_7(name: str, encoded: str) -> None:
    assert encoded_name(name) == encoded
