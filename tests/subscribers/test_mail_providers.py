"""Likely typing mistakes in the domains of addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.mail_providers import PUBLIC_PROVIDERS, likely_address, likely_domain


@pytest.mark.parametrize(
    ("domain", "likely"),
    [
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.co.uk", "gmail.com"),
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmal.co.uk", "hotmail.co.uk"),
        ("hotmail.couk", "hotmail.co.uk"),
        ("outlok.com", "outlook.com"),
        ("yahooo.co.uk", "yahoo.co.uk"),
        ("yaho.con", "yahoo.com"),
        ("icloud.co", "icloud.com"),
        ("btinternet.co.uk", "btinternet.com"),
        ("leeds.gov.ku", "leeds.gov.uk"),
        ("leeds.govuk", "leeds.gov.uk"),
        ("parish.example.cmo", "parish.example.com"),
        ("charity.orgg", "charity.org"),
    ],
)
def test_likely_mistakes(domain: str, likely: str) -> None:
    assert likely_domain(domain) == likely


@pytest.mark.parametrize(
    "domain",
    [
        *sorted(PUBLIC_PROVIDERS),
        "leeds.gov.uk",
        "x.example",
        "example.org",
        "gail.com",  # a company
        "outlooks.com",
        "example.co",
        "example.cm",
        "example.om",
        "yahoo.net.example",
        "mail.example",
        "gmail.example",  # in documents, rehearsals and tests
        "hotmial.test",
        "nhs.uk",
        "gov.wales",
        "police.uk",
        "",
        "com",
    ],
)
def test_no_doubt_about_other_domains(domain: str) -> None:
    assert likely_domain(domain) == ""


@given(st.sampled_from(sorted(PUBLIC_PROVIDERS)), st.data())
def test_what_is_likely_is_not_doubted_again(domain: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(domain) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slip = data.draw(st.sampled_from([domain[:place] + domain[place + 1 :], domain[:place] + letter + domain[place:]]))
    assert likely_domain(likely_domain(slip)) == ""


def test_only_the_domain_of_an_address_changes() -> None:
    assert likely_address("Ada+gmail.con@GMAIL.CON") == "Ada+gmail.con@gmail.com"
    assert likely_address("ada@gmail.com") == ""
