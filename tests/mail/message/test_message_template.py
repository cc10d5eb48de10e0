"""One message: the right headers, bytes that any server accepts, and a filled template equal to a full message."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.message import header_encoding
from digest.mail.message.message_headers import Addressing, MessageIds
from digest.mail.message.message_template import full_message, message_template, personal
from digest.mail.rendering.render import Renderer
from digest.model import EditionMail
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition
from tests.mail.hostile import TEXTS

DATE = datetime(2019, 3, 25, 7, 30, 12, 987, tzinfo=UTC)
ADA = Addressing(
    email="ada@reader.example",
    name="Ada Penhale",
    message_id="<2019.w12.00ff@harbour.example>",
    date=DATE,
    unsubscribe_url="https://digest.harbour.example/unsubscribe/Qb7rT2mXw9KpZc41",
    unsubscribe_mailto="mailto:digest@harbour.example?subject=unsubscribe%20Qb7rT2mXw9KpZc41",
    preferences_url="https://digest.harbour.example/preferences/Qb7rT2mXw9KpZc41",
)
RENDERED = Renderer(DESIGN, [packaged_folder()]).render(edition(6, short=1))


def parsed(message: bytes) -> EmailMessage:
    message_ = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(message_, EmailMessage)
    return message_


def fill(addressing: Addressing = ADA, rendered: EditionMail = RENDERED, design: object = DESIGN) -> bytes:
    return message_template(rendered, design, week="2019-W12").fill(addressing)  # type: ignore[arg-type]  # a Look


names = st.one_of(st.text(max_size=60), st.sampled_from(TEXTS))
words = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Zs", "Zl", "Zp"], blacklist_characters='<>@,;:"()[]\\'),
    min_size=1,
    max_size=20,
)
addressings = st.builds(
    Addressing,
    email=st.builds("{}@reader.example".format, words),
    name=names,
    message_id=st.just("<a@harbour.example>"),
    date=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    unsubscribe_url=st.sampled_from(["", ADA.unsubscribe_url, "https://x.example/?a=1&b=2"]),
    unsubscribe_mailto=st.just(ADA.unsubscribe_mailto),
    preferences_url=st.sampled_from(["", ADA.preferences_url, "https://x.example/" + "p" * 90]),
)


@given(addressings)
def test_a_filled_template_has_the_bytes_of_a_full_message(addressing: Addressing) -> None:
    assert fill(addressing) == full_message(RENDERED, DESIGN, addressing, week="2019-W12")


bodies = st.text(
    st.one_of(st.sampled_from(" .=>\n\n\t~é’F⟦⟧"), st.characters(blacklist_categories=["Cs"])), max_size=300
)


@given(addressings, bodies, bodies)
def test_a_filled_template_equals_a_full_message_for_any_parts(addressing: Addressing, text: str, html: str) -> None:
    rendered = EditionMail("Any", "", f"{html}⟦unsubscribe⟧", f"⟦name⟧{text}⟦email⟧⟦unsubscribe⟧\n{html}", "")
    filled = fill(addressing, rendered)
    assert filled == full_message(rendered, DESIGN, addressing, week="2019-W12")
    assert max(len(line) for line in filled.partition(b"\r\n\r\n")[2].split(b"\r\n")) <= 76
    assert b"\n" not in filled.replace(b"\r\n", b"")
    own = personal(rendered, addressing)
    plain, rich = parsed(filled).iter_parts()
    assert b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=no\r\n" in filled
    stuffed = plain.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n")
    assert not re.search("^(>|From )", stuffed, re.MULTILINE)
    assert re.sub("^ ", "", stuffed, flags=re.MULTILINE) == _lf(own.text)
    assert rich.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == _lf(own.html)


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def test_headers_of_a_bulk_message() -> None:
    message = parsed(fill())
    assert not message.defects
    assert message["From"] == "The Harbour Digest <digest@harbour.example>"
    assert message["To"] == "Ada Penhale <ada@reader.example>"
    assert message["Reply-To"] == "editors@harbour.example"
    assert message["Subject"] == "The Harbour Digest, 18–24 March 2019"
    assert message["Message-ID"] == ADA.message_id
    assert message["Date"] == "Mon, 25 Mar 2019 07:30:12 +0000"
    assert message["List-Unsubscribe"].strip() == f"<{ADA.unsubscribe_url}>, <{ADA.unsubscribe_mailto}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "The Harbour Digest <digest.harbour.example>"
    assert message["List-Help"] == "<mailto:editors@harbour.example?subject=help>"
    assert message["List-Archive"] == "<https://digest.harbour.example/archive/>"
    assert message["List-Post"] == "NO"
    assert message["Feedback-ID"] == "2019-w12:edition:digest:harbour-example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Return-Path"] is None
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert len({name.lower() for name in message}) == len(message.keys())


hosts = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?", fullmatch=True)


@given(hosts, st.lists(hosts, min_size=1, max_size=3), st.sampled_from(["i", "digest", "the.weekly.digest", "Ψ"]))
def test_feedback_id_names_its_sender_in_5_to_15_characters(label: str, labels: list[str], local: str) -> None:
    """https://support.google.com/mail/answer/6254652"""
    domain = ".".join(["x", *labels, label])[-200:].lstrip("-.")
    parts = [
        parsed(fill(design=replace(DESIGN, from_=f"{sender}@{domain}")))["Feedback-ID"].split(":")
        for sender in (local, local)
    ]
    assert parts[0] == parts[1]
    assert parts[0][:3] == ["2019-w12", "edition", "digest"]
    assert 5 <= len(parts[0][3]) <= 15
    assert re.fullmatch(r"[a-z0-9-]+", parts[0][3])


def test_date_is_the_subscribers_own() -> None:
    template = message_template(RENDERED, DESIGN, week="2019-W12")
    later = replace(ADA, date=datetime(2019, 3, 31, 20, 0, 7, 5, tzinfo=timezone(timedelta(hours=2))))
    assert parsed(template.fill(ADA))["Date"] == "Mon, 25 Mar 2019 07:30:12 +0000"
    assert parsed(template.fill(later))["Date"] == "Sun, 31 Mar 2019 18:00:07 +0000"


def test_lines_and_encoded_words_keep_their_limits() -> None:
    long = replace(RENDERED, subject="Überlange Betreffzeile " * 9)
    subscriber = replace(ADA, name="Zoë Ångström-Öberg von und zu Überlingen " * 2)
    head = fill(subscriber, long).partition(b"\r\n\r\n")[0]
    head.decode("ascii")
    assert max(map(len, head.split(b"\r\n"))) <= 78
    for word in re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", head):
        assert len(word) <= 75
    message = parsed(fill(subscriber, long))
    assert message["Subject"] == ("Überlange Betreffzeile " * 9).strip()
    assert message["To"].addresses[0].display_name.split() == subscriber.name[:100].split()


def test_without_public_pages_unsubscribing_is_by_mail_without_one_click() -> None:
    design = replace(DESIGN, public_url="")
    rendered = Renderer(design, [packaged_folder()]).render(edition(1))
    subscriber = replace(ADA, unsubscribe_url="", preferences_url="")
    message = parsed(fill(subscriber, rendered, design))
    assert message["List-Unsubscribe"].strip() == f"<{ADA.unsubscribe_mailto}>"
    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Archive"] is None
    plain, rich = message.iter_parts()
    assert ADA.unsubscribe_mailto in plain.get_content()
    assert f'href="{ADA.unsubscribe_mailto}"' in rich.get_content()
    assert "preferences" not in rich.get_content()


def test_one_click_unsubscribe_needs_https() -> None:
    subscriber = replace(ADA, unsubscribe_url="http://127.0.0.1:8025/unsubscribe/x")
    message = parsed(fill(subscriber))
    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Unsubscribe"].strip() == f"<{ADA.unsubscribe_mailto}>"
    assert subscriber.unsubscribe_url in message.as_string()


@pytest.mark.parametrize("name", [text for text in TEXTS if text.strip()])
def test_a_subscribers_name_cannot_write_headers_or_markup(name: str) -> None:
    calm, odd = parsed(fill()), parsed(fill(replace(ADA, name=name)))
    assert odd.keys() == calm.keys()
    assert odd["To"].addresses[0].addr_spec == "ada@reader.example"
    assert len(odd["To"].addresses) == 1
    tags = [re.findall(r"<[a-z][a-z0-9]*", list(m.iter_parts())[1].get_content()) for m in (calm, odd)]
    assert tags[0] == tags[1]
    assert "⟦" not in odd.as_string()


def test_placeholders_in_a_name_stay_text() -> None:
    message = personal(RENDERED, replace(ADA, name="⟦unsubscribe⟧"))
    assert "Hello [unsubscribe]," in message.text


def test_a_nameless_subscriber_is_greeted_without_a_gap() -> None:
    message = personal(RENDERED, replace(ADA, name=" "))
    assert "Hello,\n" in message.text
    assert ">Hello,</p>" in message.html
    assert parsed(fill(replace(ADA, name="")))["To"] == "ada@reader.example"


def test_domains_go_out_in_ascii_and_local_parts_as_they_are() -> None:
    design = replace(DESIGN, from_="Müller <brief@bücher.example>")
    head = fill(replace(ADA, email="ada@grüße.example", name=""), design=design).partition(b"\r\n\r\n")[0]
    assert b"To: ada@xn--gre-6ka8l.example\r\n" in head
    assert b"From: =?utf-8?q?M=C3=BCller?= <brief@xn--bcher-kva.example>\r\n" in head
    assert b"<brief.xn--bcher-kva.example>" in head
    assert "To: zoë@reader.example\r\n".encode() in fill(replace(ADA, email="zoë@reader.example", name=""))


@pytest.mark.parametrize("address", ["", "nobody", "@x.example", "a@", "a b@x.example", "a@x y", "a@\u2024.example"])
def test_an_invalid_address_gives_no_message(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not|valid domain"):
        fill(replace(ADA, email=address))


def test_message_ids_are_stable_distinct_and_opaque() -> None:
    one = MessageIds(b"secret", "2019-W12", "harbour.example")(7)
    assert one == MessageIds(b"secret", "2019-W12", "harbour.example")(7)
    others = {
        MessageIds(b"other", "2019-W12", "harbour.example")(7),
        MessageIds(b"secret", "2019-W13", "harbour.example")(7),
        MessageIds(b"secret", "2019-W12", "harbour.example")(8),
        MessageIds(b"secret", "2019-W12+1", "harbour.example")(7),
    }
    assert len(others | {one}) == 5
    assert re.fullmatch(r"<2019\.w12\.[0-9a-f]{32}@harbour\.example>", one)
    assert MessageIds(b"s", "2019-W12", "bücher.example")(7).endswith("@xn--bcher-kva.example>")


@given(st.text(max_size=200))
def test_any_subject_is_one_header_that_decodes_to_itself(text: str) -> None:
    raw = header_encoding.unstructured("Subject", text)
    raw.decode("ascii")
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    message = parsed(raw + b"\r\n")
    assert message.keys() == ["Subject"]
    expected = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).split())
    assert " ".join(str(message["Subject"]).split()) == " ".join(expected.split())


@given(names)
def test_no_display_name_changes_the_address(name: str) -> None:
    raw = header_encoding.mailbox("To", name, "ada@reader.example")
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))
    message = parsed(raw + b"\r\n")
    assert message.keys() == ["To"]
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@reader.example"]


@pytest.mark.parametrize("line", ["From here on ", "From⟦name⟧", " indented", "> quoted", "⟦name⟧", ".dot ", "-- "])
def test_lines_of_the_text_part_arrive_as_flowed_text(line: str) -> None:
    """RFC 3676: what could be taken for quoted, or for the start of a message in an mbox, has a blank in front."""
    rendered = replace(RENDERED, text=f"first \n{line}\nlast\n")
    filled = fill(rendered=rendered)
    assert filled == full_message(rendered, DESIGN, ADA, week="2019-W12")
    assert b"first=20\r\n" in filled, "no server takes the blank of a soft break away"
    (_, own, _) = next(parsed(filled).iter_parts()).get_payload(decode=True).decode().splitlines()
    stuffed = "" if line[0] in ".-" else " "
    assert own == stuffed + line.replace("⟦name⟧", " Ada Penhale")
