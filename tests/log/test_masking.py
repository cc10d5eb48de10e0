"""What the log never holds: addresses and secrets."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.log.masking import ADDRESS, RECIPIENT, SECRET, masked, without_addresses, without_recipient


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no address at all", "no address at all"),
        ("5 posts @ 10 o'clock", "5 posts @ 10 o'clock"),
        ("to ada@example.org.", f"to {ADDRESS}."),
        ("<ada@example.org>: unknown", f"<{ADDRESS}>: unknown"),
        ('"ada lovelace"@example.org', ADDRESS),
        ("mailto:ada+x@example.org?subject=a", f"mailto:{ADDRESS}"),
        ("ada@[192.0.2.1]", ADDRESS),
        ("ädä@faß.de, bo@example.org", f"{ADDRESS}, {ADDRESS}"),
        ("ada%40example.org", ADDRESS),
        ("ada\uff20example.org", ADDRESS),
        ("bounces+ada=example.org@lists.example.net", ADDRESS),
        ("a@b@example.org", ADDRESS),
        ("https://mastodon.example/@ada/feed", "https://mastodon.example/@ada/feed"),
        ("https://ada:word@example.org/feed", f"https://{ADDRESS}@example.org/feed"),
    ],
)
def test_addresses_are_masked(text: str, expected: str) -> None:
    assert without_addresses(text) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <Ada.Lovelace@Example.org>: Recipient address rejected",
        "550 no mailbox ada.lovelace here",
        "550 ada.lovelace=example.org is unknown",
        "451 try ada.lovelace%40example.org later",
    ],
)
def test_a_reply_is_masked_where_it_quotes_the_recipient(reply: str) -> None:
    text = without_recipient(reply, "ada.lovelace@example.org")
    assert "ada.lovelace" not in text.lower()
    assert RECIPIENT in text or ADDRESS in text


def test_secrets_are_masked() -> None:
    assert masked("the password hunter22 is wrong", ["hunter22"]) == f"the password {SECRET} is wrong"
    assert masked("a of an", ["a"]) == "a of an", "a secret of one letter would mask every word"


@given(st.emails(), st.text(max_size=30), st.text(max_size=30))
def test_no_valid_address_survives(address: str, before: str, after: str) -> None:
    assert address not in without_addresses(f"{before} {address} {after}")


@pytest.mark.parametrize("text", ["a" * 200_000, '"' * 200_000, "a@" * 100_000, "a%" * 100_000, "." * 200_000])
def test_masking_long_text_takes_linear_time(text: str) -> None:
    started = time.perf_counter()
    without_addresses(f"{text} @")
    assert time.perf_counter() - started < 10
