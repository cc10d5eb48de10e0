"""Tokens: short, for one purpose, not to be forged, good under old keys."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Suppression, SuppressionReason
from digest.subscribers.consent_rules import coarse_origin, may_be_lifted
from digest.subscribers.link_tokens import LONGEST, SEAL_LENGTH, Purpose, Tokens
from digest.subscribers.preferences import chosen_themes, clean_name, masked

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
TOKENS = Tokens([b"new", b"old"])


@given(st.integers(0, 10**11), st.sampled_from(Purpose))
def test_a_token_verifies_to_its_subscriber(number: int, purpose: Purpose) -> None:
    token = TOKENS.make(purpose, number)
    assert len(token) <= LONGEST
    assert token.isascii()
    assert "@" not in token
    assert TOKENS.read(purpose, token) == number
    for other in Purpose:
        if other is not purpose:
            assert TOKENS.read(other, token) is None


@given(st.integers(0, 10**9), st.data())
def test_any_change_makes_a_token_invalid(number: int, data: st.DataObject) -> None:
    token = TOKENS.make(Purpose.UNSUBSCRIBE, number)
    place = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(
        st.characters(min_codepoint=33, max_codepoint=126).filter(lambda char: char.lower() != token[place])
    )
    assert TOKENS.read(Purpose.UNSUBSCRIBE, token[:place] + other + token[place + 1 :]) != number


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.data())
def test_a_character_that_no_token_has_makes_it_invalid(number: int, other: int, data: st.DataObject) -> None:
    """Decoders of base64 skip some of them, and read "+" and "/" as "-" and "_"."""
    token = TOKENS.make(Purpose.UNSUBSCRIBE, number)
    place = data.draw(st.integers(0, len(token)))
    odd = data.draw(st.sampled_from("+/=!~ \n\x00é"))
    assert TOKENS.read(Purpose.UNSUBSCRIBE, token[:place] + odd + token[place:]) is None
    for one, same in (("-", "+"), ("_", "/")):
        spelling = TOKENS.make(Purpose.UNSUBSCRIBE, other).replace(one, same)
        assert TOKENS.read(Purpose.UNSUBSCRIBE, spelling) == (None if same in spelling else other)


@given(st.text(max_size=100))
def test_other_text_is_no_token(text: str) -> None:
    for purpose in Purpose:
        assert TOKENS.read(purpose, text) is None
        assert TOKENS.read_dated(purpose, text, now=NOW, lasting=timedelta(days=7)) is None


@given(st.integers(0, 10**11), st.sampled_from(Purpose), st.data())
def test_a_token_reads_the_same_in_any_case(number: int, purpose: Purpose, data: st.DataObject) -> None:
    token = TOKENS.make(purpose, number)
    assert token == token.lower()
    upper = data.draw(st.lists(st.booleans(), min_size=len(token), max_size=len(token)))
    mixed = "".join(char.upper() if up else char for char, up in zip(token, upper, strict=True))
    assert TOKENS.read(purpose, mixed) == number


@pytest.mark.parametrize(
    ("token", "purpose", "number"),
    [
        ("0.HGwq1_kPX9DPqzKt3Ku7IM_Xnr4", Purpose.UNSUBSCRIBE, 0),
        ("1q.ES7kGOUrOhnkzBR06fMSbmTbY2g", Purpose.UNSUBSCRIBE, 88),
        ("7.vVqVOl8x-p65SRuxzoau5wZ_17k", Purpose.PREFERENCES, 7),
        ("8m0Kx.jV6Ap7N2F9s1KEU6Y9wrNsSmKno", Purpose.BOUNCE, 123456789),
        ("8m0Kx.EaVdOhN988wlWNqv9fDZdAuO3j8", Purpose.BOUNCE, 123456789),  # sealed with the older key
    ],
)
def test_tokens_of_the_older_form_still_work(token: str, purpose: Purpose, number: int) -> None:
    assert TOKENS.read(purpose, token) == number
    assert all(TOKENS.read(other, token) is None for other in Purpose if other is not purpose)


def test_dated_tokens_of_the_older_form_still_work() -> None:
    week = timedelta(days=7)
    assert TOKENS.read_dated(Purpose.CONFIRM, "1B-25K4.Ljbsng4hcpD-ZtLfRZwlVs66ePQ", now=NOW, lasting=week) == 99
    bound = "7-25K4-0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f.aY3VmK8ehOImUV2XGlLNitwykhE"
    assert TOKENS.read_bound(Purpose.ADDRESS, bound, now=NOW, lasting=week) == (7, "0f" * 16)


def test_a_signature_of_the_older_form_makes_no_seal() -> None:
    """Numbers have another base in it: a signature that could be rewritten would open another subscriber's pages."""
    number, _, signature = "1q.ES7kGOUrOhnkzBR06fMSbmTbY2g".partition(".")
    seal = base64.urlsafe_b64decode(signature + "=").hex()[:SEAL_LENGTH]
    assert TOKENS.read(Purpose.UNSUBSCRIBE, f"{number}.{seal}") is None


def test_old_keys_still_verify_old_links() -> None:
    old = Tokens([b"old"]).make(Purpose.UNSUBSCRIBE, 7)
    assert TOKENS.read(Purpose.UNSUBSCRIBE, old) == 7
    assert Tokens([b"other"]).read(Purpose.UNSUBSCRIBE, old) is None


def test_dated_tokens_expire() -> None:
    token = TOKENS.make_dated(Purpose.CONFIRM, 7, NOW)
    week = timedelta(days=7)
    assert len(token) <= LONGEST
    assert TOKENS.read_dated(Purpose.CONFIRM, token, now=NOW + week, lasting=week) == 7
    assert TOKENS.read_dated(Purpose.CONFIRM, token, now=NOW + week + timedelta(hours=2), lasting=week) is None
    assert TOKENS.read(Purpose.CONFIRM, token) is None


def test_bound_tokens_are_for_one_value() -> None:
    week = timedelta(days=7)
    token = TOKENS.make_bound(Purpose.ADDRESS, 10**11, "0f" * 16, NOW)
    assert len(token) <= 2 * LONGEST
    assert TOKENS.read_bound(Purpose.ADDRESS, token, now=NOW, lasting=week) == (10**11, "0f" * 16)
    assert TOKENS.read_bound(Purpose.ADDRESS, token, now=NOW + week + timedelta(hours=2), lasting=week) is None
    assert TOKENS.read_bound(Purpose.ADDRESS, token.replace("0f", "1f", 1), now=NOW, lasting=week) is None
    assert TOKENS.read_dated(Purpose.ADDRESS, token, now=NOW, lasting=week) is None


def test_masking_theme_choice_names_and_origins() -> None:
    assert masked("ada@example.org") == "a•••@e•••.org"
    assert chosen_themes(["c", "a"], ["a", "b", "c"]) == ("a", "c")
    assert chosen_themes(["b", "x"], ["a", "b", "c"]) is None, "what is not known is not left out in silence"
    assert chosen_themes(["a", "b", "c"], ["a", "b", "c"]) == chosen_themes([], ["a", "b"]) == ()
    assert clean_name("  Ada\r\nBcc:\x00 x ") == "Ada Bcc: x"
    just_fits = "Ada " * 24 + "Adam"
    assert clean_name(just_fits) == just_fits
    assert clean_name(f"{just_fits}s") == "Ada " * 23 + "Ada…"
    assert coarse_origin("198.51.100.7") == "198.51.100.0/24"
    assert coarse_origin("::ffff:198.51.100.7") == "198.51.100.0/24"
    assert coarse_origin("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert coarse_origin("testclient") == ""
    assert may_be_lifted(Suppression(SuppressionReason.UNSUBSCRIBED))
    assert may_be_lifted(Suppression(SuppressionReason.BOUNCE, "5.1.1"))
    assert not may_be_lifted(Suppression(SuppressionReason.OPERATOR, "bounce"))
