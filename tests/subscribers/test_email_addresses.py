"""Addresses: which are valid, which are the same, and their form in the envelope."""

from __future__ import annotations

import hmac

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.email_addresses import (
    Address,
    AddressHasher,
    BadAddress,
    domain_form,
    envelope_form,
    parse_address,
)


def key_of(text: str) -> str:
    parsed = parse_address(text)
    assert isinstance(parsed, Address)
    return parsed.key


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada@EXAMPLE.org\n", "Ada@example.org"),
        ("ada+digest@example.org", "ada+digest@example.org"),
        ("ada@bücher.example", "ada@bücher.example"),
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("jörg@example.org", "jörg@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_accepts_valid_addresses(text: str, email: str) -> None:
    parsed = parse_address(text)
    assert isinstance(parsed, Address)
    assert parsed.email == email


@pytest.mark.parametrize(
    "text",
    ["", "ada", "ada@", "@example.org", "ada@localhost", "a b@example.org", "ada@example..org", "ada.@example.org",
     "Ada <ada@example.org>", "ada@example.org, bo@example.org", "ada@-example.org", "ada@exa_mple.org",
     "ada@" + "a" * 250 + ".org", "ada@[127.0.0.1]", "ada\r\nBcc: x@example.org"],
)  # fmt: skip
def test_rejects_invalid_addresses(text: str) -> None:
    parsed = parse_address(text)
    assert isinstance(parsed, BadAddress)
    assert parsed.reason


def test_a_very_long_text_is_not_handed_to_the_library() -> None:
    parsed = parse_address("a" * 1001)
    assert parsed == BadAddress("a" * 1001, "It is longer than an address may be.")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@example.org", "ada@EXAMPLE.ORG"),
        ("ada@bücher.example", "ADA@XN--BCHER-KVA.example"),
        ("JÖRG@example.org", "jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org"),  # decomposed
        ("straße@example.org", "STRASSE@example.org"),
        ("\uff41da@example.org", "ada@example.org"),  # full-width
    ],
)
def test_spellings_of_one_address_are_one_subscriber(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


def test_different_addresses_are_different_subscribers() -> None:
    assert key_of("ada+a@example.org") != key_of("ada@example.org")
    assert key_of("a.da@example.org") != key_of("ada@example.org")


local = st.one_of(
    st.from_regex(r"\A[A-Za-z0-9_%+'=.-]{1,20}\Z"),
    st.from_regex(r"\A[A-Za-z0-9]{60,66}\Z"),
    st.text("aZ.+'\"@ -_/&ß", max_size=8),
)
label = r"[a-zA-Z0-9-]{1,12}"
domain = st.one_of(
    st.from_regex(rf"\A{label}(\.{label}){{0,3}}\Z"),
    st.from_regex(r"\A([a-z0-9]{50,63}\.){2,4}org\Z"),
    st.sampled_from(["example.org", "Dept3.Example.GOV.UK", "a.test", "localhost", "example.org.", ".example.org", ""]),
    st.sampled_from(["a..org", "-a.org", "a_b.org", "192.0.2.1", "[192.0.2.1]", "münchen.de"]),
    st.sampled_from(["xn--mnchen-3ya.de", "XN--mnchen-3ya.de", "a.xn--zz.org"]),
)


@given(local, domain)
def test_the_fast_check_agrees_with_the_library(one: str, other: str) -> None:
    text = f"{one}@{other}"
    parsed = parse_address(text)
    try:
        expected = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        assert isinstance(parsed, BadAddress)
    else:
        assert isinstance(parsed, Address)
        assert parsed.email == expected.normalized
        assert parsed.key.endswith(f"@{expected.ascii_domain.lower()}")
        if expected.local_part.isascii():
            assert parsed.key == f"{expected.local_part.lower()}@{expected.ascii_domain.lower()}"


@given(st.text(max_size=80))
def test_parsing_is_idempotent_and_never_raises(text: str) -> None:
    parsed = parse_address(text)
    if isinstance(parsed, Address):
        again = parse_address(parsed.email)
        assert again == parsed
        assert not set(parsed.email) & set("\r\n<> ,")


@pytest.mark.parametrize(
    ("email", "envelope"),
    [
        ("ada@example.org", ("ada@example.org", False)),
        ("ada@bücher.example", ("ada@xn--bcher-kva.example", False)),
        ("jörg@bücher.example", ("jörg@xn--bcher-kva.example", True)),
    ],
)
def test_the_envelope_has_the_ascii_domain(email: str, envelope: tuple[str, bool]) -> None:
    assert envelope_form(email) == envelope


@given(st.binary(min_size=1, max_size=80), st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_a_hash_is_the_hmac_that_every_older_store_holds(key: bytes, text: str) -> None:
    purpose = hmac.digest(key, b"digest: hash of a reader's address", "sha256")
    assert AddressHasher([key]).hash(text) == hmac.digest(purpose, text.encode(), "sha256")[:16].hex()


def test_hashes_need_the_key_and_survive_its_change() -> None:
    old, new = AddressHasher([b"old"]), AddressHasher([b"new", b"old"])
    assert old.hash("ada@example.org") != new.hash("ada@example.org")
    assert old.hash("ada@example.org") in new.hashes("ada@example.org")
    assert len(old.hash("x")) == 32


@pytest.mark.parametrize("written", ["MÜNCHEN.example", "xn--mnchen-3ya.example", "Xn--Mnchen-3ya.Example"])
def test_a_domain_is_stored_in_one_form(written: str) -> None:
    address = parse_address(f"ada@{written}")
    assert isinstance(address, Address)
    assert address.email == f"ada@{domain_form(written)}" == "ada@münchen.example"
