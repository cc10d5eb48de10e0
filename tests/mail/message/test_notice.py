"""Notices have the header lines of editions: every word arrives, and no line is too long."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.mail.message import confirmation_mails
from digest.mail.message.confirmation_mails import ConfirmationMail, confirmation_notice
from digest.mail.message.notice import Notice, notice_bytes
from digest.mail.rendering.flowed_text import decoded
from digest.mail.rendering.notice_html import NoticePage, notice_html, page_of_text
from digest.template_folders import packaged_folder
from digest.words.translations import TranslationCatalogue
from tests.mail.editions import DESIGN
from tests.mail.hostile import TEXTS
from tests.mail.message.test_dkim import ED25519, verified

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
FOLDERS = [packaged_folder("pages")]
CATALOGUE = TranslationCatalogue(FOLDERS, "en-GB", base=TranslationCatalogue([packaged_folder()], "en-GB"))
KINDS = {name: one for name, one in vars(confirmation_mails).items() if isinstance(one, ConfirmationMail)}
LINK = "https://digest.harbour.example/confirm/Qb7rT2mXw9KpZc41?a=1&b=2"
NAMES = [
    "Digest",
    "Cylchlythyr Digidol Cyhoeddus, Llywodraeth Cymru – Tîm Cyfathrebu",
    "Ōtautahi, City Council — Digital & Data newsletter (weekly), the long one",
    "Дайджест государственных цифровых услуг, еженедельный выпуск",
    "公共数字周刊，编辑部",
]


def raw(notice: Notice, from_: str = "Digest <digest@news.example.org>") -> bytes:
    html = notice_html(notice.page, DESIGN, notice.language, FOLDERS) if notice.page else ""
    return notice_bytes(
        notice, from_=from_, reply_to=from_, message_id="<note.1@news.example.org>", date=NOW, html=html
    )


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
    content = message.get_content()
    assert re.sub(r"\s", "", content) == re.sub(r"\s", "", text)
    assert max(map(len, content.splitlines())) <= 73, "with the blank in front of what could be taken for quoted"
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


def confirmation(kind: ConfirmationMail, language: str, *, title: str = "The Harbour Digest") -> Notice:
    return confirmation_notice(
        CATALOGUE.translations(language),
        kind,
        "joan@example.org",
        title=title,
        url=LINK,
        return_token="abc",
        days=7,
        address="joan@new.example",
        date="Monday 1 April",
    )


@pytest.mark.parametrize("language", ["en", "cy", "de", "fr", "es", "nl", "ar"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_confirmation_mail_has_one_button_and_says_the_same_as_text(kind: ConfirmationMail, language: str) -> None:
    notice = confirmation(kind, language)
    data = raw(notice)
    assert len(data) < 15_000
    message = parsed(data)
    assert message["Content-Language"] == CATALOGUE.resolve(language)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, rich = (part.get_content() for part in message.iter_parts())
    assert max(len(line) for line in plain.splitlines() if "://" not in line) <= 72
    assert f"\n{LINK}\n" in plain.replace("\r\n", "\n")
    assert re.findall('href="(.*?)"', rich) == [LINK.replace("&", "&#38;")]
    assert not re.search(r"<img|<link|url\(|@import|src=", rich)
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in rich
    rich_words = unescape(re.sub("(?s)<.*?>", " ", rich.partition("</style>")[2])).split()
    hint = CATALOGUE.translations(language).text("note_copy").split()
    assert not {word for word in rich_words if word not in decoded(plain).replace("\xa0", " ")} - {*hint}


@pytest.mark.parametrize("title", [text for text in TEXTS if text.strip()][:40])
def test_no_title_writes_markup_in_a_notice(title: str) -> None:
    calm, odd = (raw(confirmation(KINDS["CONFIRM_MOVE"], "en", title=name)) for name in ("A title", title))
    tags = [re.findall("<[^>]*?>", list(parsed(data).iter_parts())[1].get_content()) for data in (calm, odd)]
    assert tags[0] == tags[1]


def test_a_notice_written_as_text_gets_a_button_for_its_link() -> None:
    page = page_of_text("It waits", f"Read it.\nNow <b>.\n\n{LINK}\n\nSources:\n\n  one: 404\n", "Open", LINK, "Copy:")
    assert page.before == ("Read it.<br>\nNow &#60;b&#62;.",)
    assert (page.button, page.url) == ("Open", LINK)
    assert page.after == ("Sources:", "one: 404")
    bare = page_of_text("It waits", "Read it.\n", "Open", "", "Copy:")
    assert (bare.button, bare.url, bare.after) == ("", "", ())
    assert "<a " not in notice_html(bare, DESIGN, "en", FOLDERS)


def test_the_button_can_be_read_in_any_accent() -> None:
    html = notice_html(NoticePage("Hello", (), "Go", LINK), replace(DESIGN, accent="#ffdd00"), "en", FOLDERS)
    assert not re.search(r'background-color:#ffdd00|bgcolor="#ffdd00', html)


def test_an_operators_own_template_wins_and_its_fault_is_named(tmp_path: Path) -> None:
    (tmp_path / "notice.html.j2").write_text("<p>{{ page.heading }}, {{ design.title }}</p>", "utf-8")
    page = NoticePage("Hello")
    assert notice_html(page, DESIGN, "en", [tmp_path, *FOLDERS]) == "<p>Hello, The Harbour Digest</p>\n"
    other = tmp_path / "other"
    other.mkdir()
    (other / "notice.html.j2").write_text("{{ page.head", "utf-8")
    with pytest.raises(TemplateError, match=r"notice\.html\.j2, line 1"):
        notice_html(page, DESIGN, "en", [other, *FOLDERS])


def test_a_signed_notice_is_verified_by_dkimpy() -> None:
    data = raw(confirmation(KINDS["CONFIRM_SUBSCRIPTION"], "cy"))
    assert verified(ED25519, ED25519.sign(data) + data)
