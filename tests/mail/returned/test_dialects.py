"""The same report is the same verdict, in whatever form it comes; and our token is found wherever it stands."""

from __future__ import annotations

import base64
import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mail.returned.parse_bounce import Kind, ReturnedMail, parse_returned_mail
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.mail.returned.dialects import ADDRESS, BY_NAME, DIALECTS, RETURN_PATH, Dialect

TOKENS = Tokens([b"key"])
NUMBER = 10_657
TOKEN = TOKENS.make(Purpose.BOUNCE, NUMBER)
REPORTS = [one for one in DIALECTS if "\nContent-Type: message/delivery-status\n" in one.text]
_STATUS_PART = re.compile(r"(?<=\nContent-Type: message/delivery-status\n)\n(.*?\n)(?=--b1\n)", re.DOTALL)
_QUOTED_PART = re.compile(r"(?<=\nContent-Type: message/rfc822\n)\n(.*?\n)(?=--b1--\n)", re.DOTALL)


def read(raw: bytes | str) -> ReturnedMail:
    raw = raw.replace("TOKEN", TOKEN).encode() if isinstance(raw, str) else raw
    return parse_returned_mail(raw, return_path=RETURN_PATH).about(ADDRESS)


def subscriber(mail: ReturnedMail) -> int | None:
    """Whom the tokens name, as the step looks for it."""
    numbers = [TOKENS.read(purpose, one) for one in mail.tokens for purpose in (Purpose.BOUNCE, Purpose.UNSUBSCRIBE)]
    return next((number for number in numbers if number is not None), None)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_each_dialect_is_read_as_what_it_is(dialect: Dialect) -> None:
    mail = read(dialect.text)
    assert mail.kind is dialect.kind, mail
    if dialect.cause:
        assert mail.verdict is not None
        assert mail.verdict.cause.value == dialect.cause
    assert "@" not in mail.detail
    if "TOKEN" in dialect.text:
        assert subscriber(mail) == NUMBER


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_line_ends_do_not_matter(dialect: Dialect) -> None:
    assert read(dialect.text.replace("\n", "\r\n")).kind is dialect.kind


def _in_base64(match: re.Match[str]) -> str:
    encoded = base64.encodebytes(match[1].replace("TOKEN", TOKEN).encode()).decode()
    return f"Content-Transfer-Encoding: base64\n\n{encoded}"


def _in_quoted_printable(match: re.Match[str]) -> str:
    encoded = quopri.encodestring(match[1].replace("TOKEN", TOKEN).encode()).decode()
    return f"Content-Transfer-Encoding: quoted-printable\n\n{encoded}"


@given(st.sampled_from(REPORTS), st.sampled_from([_STATUS_PART, _QUOTED_PART]), st.booleans())
def test_the_encoding_of_a_part_does_not_matter(dialect: Dialect, part: re.Pattern[str], binary: bool) -> None:
    """RFC 2046 section 5.2.1 forbids it, gateways do it."""
    other = part.sub(_in_base64 if binary else _in_quoted_printable, dialect.text)
    mail = read(other)
    assert mail.kind is dialect.kind
    assert subscriber(mail) == NUMBER


@given(st.sampled_from(REPORTS), st.randoms(use_true_random=False))
def test_the_order_of_groups_and_fields_does_not_matter(dialect: Dialect, random: object) -> None:
    shuffle = random.shuffle  # type: ignore[attr-defined]

    def shuffled(match: re.Match[str]) -> str:
        groups = [re.split(r"\n(?![ \t])", group.strip("\n")) for group in match[1].strip("\n").split("\n\n")]
        about_mail, recipients = groups[0], groups[1:]
        for group in groups:
            shuffle(group)
        shuffle(recipients)
        return "\n" + "\n\n".join("\n".join(group) for group in [about_mail, *recipients]) + "\n\n"

    assert read(_STATUS_PART.sub(shuffled, dialect.text)).kind is dialect.kind


@given(st.sampled_from(REPORTS), st.sampled_from(["\n ", "\n\t", "  "]), st.booleans())
def test_wrapping_and_case_of_fields_do_not_matter(dialect: Dialect, space: str, upper: bool) -> None:
    def wrapped(match: re.Match[str]) -> str:
        text = re.sub(r"(?<=\w[;,]) | (?=[\w<][^\n:]{0,200}$)", space, match[1], flags=re.MULTILINE)
        return "\n" + (
            re.sub(r"^[\w-]+(?=:)", lambda name: name[0].upper(), text, flags=re.MULTILINE) if upper else text
        )

    assert read(_STATUS_PART.sub(wrapped, dialect.text)).kind is dialect.kind


@given(st.sampled_from(DIALECTS))
def test_what_our_own_mail_says_decides_nothing(dialect: Dialect) -> None:
    """The quoted mail and its subject are full of such words."""
    words = "550 5.1.1 User unknown. The mailbox does not exist. Feedback-Type: abuse"
    for other in ("A calm week", words):
        text = dialect.text.replace("User unknown: mailbox full and other stories", other)
        text = text.replace("The mailbox does not exist. 550 5.1.1 User unknown. spam", other)
        assert read(text).kind is dialect.kind


# --- Where our token stands ---

_BARE = BY_NAME["postfix-relay"].text.replace("User unknown", "").replace("TOKEN", "nobody")
_CASES = st.sampled_from([str.lower, str.upper, str.swapcase, str.title])
_TAGS = st.sampled_from(
    [
        "{0}",
        "prvs=190694bd6d={0}",
        "btv1==1234567890==={0}",
        "SRS0=AbCd=TT=news.example.org={0}",
        "SRS1=XxYy=first.example==AbCd=TT=news.example.org={0}",
        '"{0}"',
        "{0}+copy",
    ]
)
_PLACES = st.sampled_from(
    [
        "Delivered-To: <{0}@news.example.org>",
        "X-Original-To: {0}@news.example.org",
        "To: undisclosed-recipients:;, {0}@news.example.org",
        "Received: from x by y for\n <{0}@news.example.org>; Mon, 25 Mar 2019 07:00:00 +0000",
        "Return-Path: <{0}@news.example.org>",
        "Original-Mail-From: rfc822;{0}@news.example.org",
        "X-Envelope: {0}=40news.example.org",
        "List-Unsubscribe: <mailto:digest@news.example.org?to={0}%40news.example.org>",
    ]
)


@given(st.integers(0, 10**11), _CASES, _TAGS, _PLACES)
def test_a_token_survives_case_tags_and_place(number: int, case: object, tag: str, place: str) -> None:
    local = f"bounces+{TOKENS.make(Purpose.BOUNCE, number)}"
    header = place.format(tag.format(case(local)))  # type: ignore[operator]
    mail = parse_returned_mail(f"{header}\n{_BARE}".encode(), return_path=RETURN_PATH)
    assert mail.kind is Kind.SOFT
    assert subscriber(mail) == number


@given(
    st.integers(0, 10**11), st.sampled_from(["bounces%2B{0}@x", "bounces=2B{0}", "IMCEASMTP-bounces+2B{0}+40news@x"])
)
def test_a_token_survives_quoting_of_its_address(number: int, form: str) -> None:
    token = TOKENS.make(Purpose.BOUNCE, number)
    for written in (token, token.replace(".", "=2E" if "=" in form else "%2E" if "%" in form else "+2E")):
        mail = parse_returned_mail(f"X-Quoted: {form.format(written)}\n{_BARE}".encode(), return_path=RETURN_PATH)
        assert subscriber(mail) == number, mail.tokens


@given(st.integers(0, 10**11), st.binary(max_size=60))
def test_a_token_survives_in_a_part_in_base64(number: int, before: bytes) -> None:
    text = before + b"\nReturn-Path: <bounces+" + TOKENS.make(Purpose.BOUNCE, number).encode() + b"@news.example.org>\n"
    part = "--b1\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(text).decode()
    raw = _BARE.replace("--b1--\n", part + "--b1--\n")
    assert subscriber(parse_returned_mail(raw.encode())) == number


def test_our_message_id_is_found_without_a_token() -> None:
    own = "<2019.w12.0123456789abcdef0123456789abcdef@news.example.org>"
    for header in ("In-Reply-To: ", "References: <other@x>\n ", "X-Original-Message-ID: ", "Message-ID:\n "):
        mail = parse_returned_mail(f"X: y\n{header}{own}\n{_BARE.replace(own, '<redacted>')}".encode())
        assert mail.message_ids[0] == own


# --- Requests to unsubscribe ---


@pytest.mark.parametrize(
    "subject",
    [
        "unsubscribe {0}",
        "Unsubscribe  {0}",
        "Re: unsubscribe {0}",
        "[EXTERNAL] unsubscribe {0}",
        "[EXT] RE: [SUSPECTED SPAM] unsubscribe {0} [EXTERNAL]",
        "***SPAM*** unsubscribe {0}",
        "unsubscribe%20{0}",
        "unsubscribe+{0}",
        "unsubscribe\n {0}",
        "=?utf-8?Q?unsubscribe_{0}?=",
        "=?UTF-8?Q?=5BEXTERNAL=5D_unsubscribe=20{0}?=",
    ],
)
def test_a_request_to_unsubscribe_is_understood(subject: str) -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, NUMBER)
    for written in (token, token.upper()):
        raw = f"From: Ada <ada@reader.example>\nSubject: {subject.format(written)}\n\n"
        mail = parse_returned_mail(raw.encode())
        assert mail.kind is Kind.UNSUBSCRIBE
        assert [TOKENS.read(Purpose.UNSUBSCRIBE, one) for one in mail.tokens] == [NUMBER]


@given(st.integers(1, 60))
def test_an_encoded_subject_may_be_cut_anywhere(place: int) -> None:
    text = f"[EXTERNAL] unsubscribe {TOKENS.make(Purpose.UNSUBSCRIBE, NUMBER)}"
    words = [f"=?utf-8?B?{base64.b64encode(part.encode()).decode()}?=" for part in (text[:place], text[place:]) if part]
    mail = parse_returned_mail(
        f"From: ada@reader.example\nSubject: {chr(10).join(words).replace(chr(10), chr(10) + ' ')}\n\n".encode()
    )
    assert mail.kind is Kind.UNSUBSCRIBE


@pytest.mark.parametrize(
    "subject", ["unsubscribe", "How do I unsubscribe?", "unsubscribe me please", "{0}", "Fwd: {0}"]
)
def test_a_subject_without_the_word_or_the_token_is_for_people(subject: str) -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, NUMBER)
    raw = f"From: Ada <ada@reader.example>\nSubject: {subject.format(token)}\n\nunsubscribe {token}\n"
    assert parse_returned_mail(raw.encode()).kind is Kind.OTHER
