"""What is in a cell where an address should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.address_cell import read_address_cell, split_mailboxes
from digest.subscribers.email_addresses import Address, parse_address


@pytest.mark.parametrize(
    ("cell", "address", "name"),
    [
        ("ada@x.example", "ada@x.example", ""),
        ("mailto:ada@x.example", "ada@x.example", ""),
        ("MAILTO:ada%2Bnews@x.example?subject=Hello", "ada+news@x.example", ""),
        ("<ada@x.example>", "ada@x.example", ""),
        ("Ada Lovelace <ada@x.example>", "ada@x.example", "Ada Lovelace"),
        ('"Lovelace, Ada" <ada@x.example>;', "ada@x.example", "Lovelace, Ada"),
        ("Ada <mailto:ada@x.example>", "ada@x.example", "Ada"),
        ("ada@x.example (Ada Lovelace)", "ada@x.example", "Ada Lovelace"),
        ("\u200b\ufeffada@x.example\u200b", "ada@x.example", ""),
        ("\u202aada@x.example\u202c", "ada@x.example", ""),
        ("\xa0ada@x.example ", "ada@x.example", ""),
        ("ada@x.example.", "ada@x.example", ""),
        ("ada@x.example,", "ada@x.example", ""),
        ("'ada@x.example'", "ada@x.example", ""),
        ("'ada@x.example", "'ada@x.example", ""),  # an apostrophe may begin an address
        ("o'neill@x.example", "o'neill@x.example", ""),
        ("a\u202eb@x.example", "a\u202eb@x.example", ""),  # not an address, and not made one
        ("", "", ""),
        ("Ada", "Ada", ""),
        ("<>", "", ""),
    ],
)
def test_decoration_is_removed(cell: str, address: str, name: str) -> None:
    assert read_address_cell(cell) == (address, name)


@given(st.emails())
def test_an_address_stays_as_it_is(email: str) -> None:
    if isinstance(parse_address(email), Address):
        assert read_address_cell(email).address == email


@given(st.text(max_size=80))
def test_any_text_is_read_once_and_for_all(text: str) -> None:
    address, _ = read_address_cell(text)
    assert len(address) <= len(text)


@pytest.mark.parametrize(
    ("text", "mailboxes"),
    [
        ("ada@x.example", ["ada@x.example"]),
        ("ada@x.example; bo@x.example", ["ada@x.example", "bo@x.example"]),
        ("ada@x.example,bo@x.example cy@x.example", ["ada@x.example", "bo@x.example", "cy@x.example"]),
        ('Ada <a@x.example>; "Li, Bo" <b@x.example>', ["Ada <a@x.example>", '"Li, Bo" <b@x.example>']),
        ("Ada a@x.example, Bo b@x.example", ["Ada a@x.example, Bo b@x.example"]),
    ],
)
def test_mailboxes_are_split_where_nothing_else_is_between_them(text: str, mailboxes: list[str]) -> None:
    assert split_mailboxes(text) == mailboxes
