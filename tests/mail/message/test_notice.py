"""Notices have the header lines of editions: every word arrives, and no line is too long."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.message.notice import Notice, notice_bytes

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
NAMES = [
    "Digest",
    "Cylchlythyr Digidol Cyhoeddus, Llywodraeth Cymru – Tîm Cyfathrebu",
    "Ōtautahi, City Council — Digital & Data newsletter (weekly), the long one",
    "Дайджест государственных цифровых услуг, еженедельный выпуск",
    "公共数字周刊，编辑部",
]


def raw(notice: Notice, from_: str = "Digest <digest@news.example.org>") -> bytes:
    return notice_bytes(notice, from_=from_, reply_to=from_, message_id="<note.1@news.example.org>", date=NOW)


def parsed(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("name", NAMES)
def test_names_arrive_whole(name: str) -> None:
    data = raw(Notice("zoe@reader.example", "Hello", "Hello\n"), f"{name} <digest@news.example.org>")
    message = parsed(data)
    for header in ("From", "Reply-To"):
        (one,) = message[header].addresses
        # Python reads a blank between two encoded-words of a phrase that RFC 2047 section 6.2 has ignored.
        assert (one.display_name.split(), one.addr_spec) == (name.split(), "digest@news.example.org")
        assert not message[header].defects


WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)


@given(st.lists(WORDS, min_size=1, max_size=25).map(" ".join))
def test_subjects_arrive_whole_on_short_lines(subject: str) -> None:
    data = raw(Notice("zoe@reader.example", subject, "Hello\n"))
    assert parsed(data)["Subject"] == subject
    head = data.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert all(len(line) <= 78 for line in head.split(b"\r\n"))


@given(st.lists(st.text(st.characters(exclude_categories=("C",))), max_size=20).map("\n".join))
def test_text_arrives_as_it_is(text: str) -> None:
    data = raw(Notice("zoe@reader.example", "Hello", text, language="cy"))
    message = parsed(data)
    assert message.get_content().splitlines() == (text.splitlines() or [""])
    assert message["Content-Language"] == "cy"
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_a_no_break_space_in_a_subject_stays() -> None:
    assert parsed(raw(Notice("a@b.example", "Veuillez confirmer\xa0: La lettre", "x")))["Subject"] == (
        "Veuillez confirmer\xa0: La lettre"
    )


def test_nothing_in_a_subject_makes_another_header() -> None:
    message = parsed(raw(Notice("a@b.example", "Hello\r\nBcc: eve@example.com", "x")))
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: eve@example.com"


@pytest.mark.parametrize("header", ["Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type"])
def test_headers_stand_once(header: str) -> None:
    assert len(parsed(raw(Notice("a@b.example", "Hello", "x"))).get_all(header, [])) == 1
