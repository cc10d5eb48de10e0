"""Parsing returned mail."""

from __future__ import annotations

import mailbox
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.mail.returned.parse_bounce import Kind, parse_returned_mail
from digest.mail.returned.unread_mail import MOST_BYTES, unread
from tests.mail.returned import returned_mail

TOKEN = "8c1.N2JmY2QzN2JmY2QzN2JmY2QzN2J"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (returned_mail.dsn(TOKEN), Kind.HARD),
        (returned_mail.dsn(TOKEN, status="5.2.1"), Kind.HARD),
        (returned_mail.dsn(TOKEN, status="5.4.4"), Kind.HARD),
        (returned_mail.dsn(TOKEN, status="5.2.2"), Kind.SOFT),
        (returned_mail.dsn(TOKEN, status="5.7.1"), Kind.SOFT),
        (returned_mail.dsn(TOKEN, status="4.4.7"), Kind.SOFT),
        (returned_mail.dsn(TOKEN, status="4.4.1", action="delayed"), Kind.DELAYED),
        (returned_mail.dsn(TOKEN, status="2.0.0", action="delivered"), Kind.AUTOMATIC),
        (returned_mail.headers_only(TOKEN), Kind.HARD),
        (returned_mail.complaint(TOKEN), Kind.COMPLAINT),
        (returned_mail.complaint(TOKEN, "not-spam"), Kind.AUTOMATIC),
        (returned_mail.qmail(TOKEN), Kind.HARD),
        (returned_mail.exim(TOKEN), Kind.HARD),
        (returned_mail.please_remove(TOKEN), Kind.UNSUBSCRIBE),
        (returned_mail.holiday(TOKEN), Kind.AUTOMATIC),
        (returned_mail.letter(), Kind.OTHER),
        (b"", Kind.OTHER),
        (b"\xff\xfe\x00garbage", Kind.OTHER),
    ],
)
def test_the_kind_of_a_returned_mail_is_recognised(raw: bytes, kind: Kind) -> None:
    notice = parse_returned_mail(raw)
    assert notice.kind is kind
    if kind in (Kind.HARD, Kind.SOFT, Kind.COMPLAINT, Kind.UNSUBSCRIBE, Kind.DELAYED):
        assert notice.tokens == (TOKEN,)


def test_a_sender_s_name_in_eight_bits_hides_no_bounce() -> None:
    raw = returned_mail.qmail(TOKEN)
    for name in ("Grüße", "Gr\xfc\xdfe"):
        head, colon, rest = raw.partition(b"From: ")
        assert colon
        encoded = name.encode("utf-8" if name == "Grüße" else "latin-1")
        assert (
            parse_returned_mail(
                head + b'From: "' + encoded + b'" <MAILER-DAEMON@mx.example.net>\n' + rest.partition(b"\n")[2]
            ).kind
            is Kind.HARD
        )


@pytest.mark.parametrize("charset", ["idna", "punycode", "no-such-charset", "base64"])
@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/plain; charset={}",
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\nContent-Type: text/plain; charset={}",
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nContent-Type: text/plain; charset={}",
    ],
    ids=["text", "message", "encoded message"],
)
def test_a_codec_that_is_no_charset_stops_no_reading(head: str, charset: str) -> None:
    raw = f"Subject: Holiday\nAuto-Submitted: auto-replied\n{head.format(charset)}\n\nCafé\n".encode()
    assert parse_returned_mail(raw).kind is Kind.AUTOMATIC


@pytest.mark.parametrize(
    "mark",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied; owner=ada",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes",
        "X-Autorespond: Away",
        "Precedence: auto_reply",
    ],
)
def test_an_automatic_reply_is_no_bounce_whatever_it_says(mark: str) -> None:
    assert parse_returned_mail(returned_mail.holiday(TOKEN, mark)).kind is Kind.AUTOMATIC
    assert parse_returned_mail(returned_mail.farewell(TOKEN, mark)).kind is Kind.AUTOMATIC


def test_ordinary_mail_from_a_subscriber_is_left_for_people() -> None:
    assert parse_returned_mail(returned_mail.holiday(TOKEN, "")).kind is Kind.OTHER
    assert parse_returned_mail(returned_mail.farewell(TOKEN)).kind is Kind.OTHER
    assert parse_returned_mail(returned_mail.farewell(TOKEN, "Auto-Submitted: no")).kind is Kind.OTHER


def test_the_detail_names_no_address() -> None:
    notice = parse_returned_mail(returned_mail.dsn(TOKEN))
    assert notice.detail.startswith("5.1.1")
    assert "no such user" in notice.detail
    assert "@" not in notice.detail
    assert notice.message_ids == ("<1@x>",)


def test_the_verp_recipient_names_the_subscriber() -> None:
    raw = returned_mail.dsn("nothing", to=f"b{TOKEN}@example.org")
    assert parse_returned_mail(raw, return_path="b{token}@example.org").tokens[0] == TOKEN
    assert TOKEN not in parse_returned_mail(raw, return_path="other+{token}@example.org").tokens


@given(st.binary(max_size=400), st.sampled_from([returned_mail.dsn(TOKEN), returned_mail.complaint(TOKEN)]), st.data())
def test_mangled_mail_never_raises(noise: bytes, raw: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(raw)))
    parse_returned_mail(noise)
    parse_returned_mail(raw[:place] + noise + raw[place:])
    parse_returned_mail(raw[:place])


def test_each_mail_of_a_maildir_is_read_once(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    for raw in (returned_mail.dsn(TOKEN), returned_mail.letter()):
        box.add(raw)
    with unread(str(tmp_path / "box")) as mails:
        items = list(mails)
        assert len(items) == 2
        items[0].done()
    with unread(str(tmp_path / "box")) as mails:
        assert [mail.raw for mail in mails] == [items[1].raw]


def test_marking_in_a_maildir_changes_no_byte_of_a_mail(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    raw = b"Subject: =?x?\r\nFrom: \xff\n\nFrom the start\r\n\x00end"
    (tmp_path / "box/new/100.a").write_bytes(raw)
    (tmp_path / "box/cur/200.b:2,FR").write_bytes(raw)
    (tmp_path / "box/cur/300.c:2,S").write_bytes(raw)
    (tmp_path / "box/cur/400.d:2,T").write_bytes(raw)
    (tmp_path / "box/new/500.e").write_bytes(b"x" * (MOST_BYTES + 10))
    with unread(str(tmp_path / "box")) as mails:
        items = list(mails)
    assert [len(mail.raw) for mail in items] == [len(raw), len(raw), MOST_BYTES]
    for mail in items:
        mail.done()
    (tmp_path / "box/cur/100.a:2,S").unlink()
    items[0].done()  # somebody else took it away meanwhile
    assert sorted(path.name for path in (tmp_path / "box/cur").iterdir()) == [
        "200.b:2,FRS",
        "300.c:2,S",
        "400.d:2,T",
        "500.e:2,S",
    ]
    assert (tmp_path / "box/cur/200.b:2,FRS").read_bytes() == raw
    assert [box.get_message(key).get_flags() for key in sorted(box.keys())] == ["FRS", "S", "T", "S"]


def test_rejects_an_invalid_mailbox_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not a Maildir"), unread(str(tmp_path)):
        pass
    with pytest.raises(SettingsError, match="lacks a server or a user name"), unread("imaps://mail.example.org/INBOX"):
        pass


@pytest.mark.parametrize(
    "text", [b"a" * 2_000_000, b"a@" * 1_000_000, b"5." * 1_000_000, b"a\r\n " * 500_000, b"x\r\n\r\nA: b" * 200_000]
)
def test_a_report_of_two_megabytes_is_read_quickly(text: bytes) -> None:
    before, marker, after = returned_mail.dsn(TOKEN).partition(b"smtp; ")
    started = time.thread_time()
    notice = parse_returned_mail(before + marker + text + after)
    assert time.thread_time() - started < 1.5
    assert notice.kind is Kind.HARD
    assert len(notice.detail) <= 300


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        "a\n",
        " ",
        "<a@b.example>: ",
        "-",
        "- ",
        "--",
        "<style>",
        "<",
        "subject ",
        "Received:\n",
        "550 ",
        "550\n ",
        "=",
        ".",
    ],
)
@pytest.mark.parametrize("kind", [b"text/plain", b"text/html"])
def test_a_mail_of_two_megabytes_is_read_quickly(unit: str, kind: bytes) -> None:
    text = (unit * 2_000_000)[:2_000_000].encode()
    head = b"From: MAILER-DAEMON@example.org\nSubject: failure notice\nContent-Type: " + kind + b"\n\n"
    started = time.thread_time()
    parse_returned_mail(head + text, return_path="b+{token}@example.org")
    assert time.thread_time() - started < 1.5


def test_a_partial_address_is_ignored() -> None:
    before, marker, after = returned_mail.dsn(TOKEN).partition(b"smtp; ")
    notice = parse_returned_mail(before + marker + b"<" + b"ada" * 700 + b"@example.org> is gone" + after)
    assert "ada" not in notice.detail


_MULTIPART = b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n"


@pytest.mark.parametrize(
    "mail",
    [
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (at, at) for at in range(100))
        + b"x\n" * 10**5,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (at, at) for at in range(4_500)),
        b"Content-Type: message/rfc822\n\n" * 8_000,
        b"Content-Type: message/delivery-status\n\n" * 6_000,
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nTo: a\n\n" * 20_000,
        b'To: "' + b'"\\' * 100_000 + b"\n\n",
    ],
    ids=["deep and long", "deep", "messages in messages", "reports in reports", "many parts", "quotes"],
)
def test_hostile_structure_takes_little_time(mail: bytes) -> None:
    started = time.thread_time()
    parse_returned_mail(b"From: mailer-daemon@example.org\n" + mail, return_path="bounces+{token}@example.org")
    assert time.thread_time() - started < 1
