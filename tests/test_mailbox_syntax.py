"""Mailboxes as people write them."""

from __future__ import annotations

from email.utils import formataddr, parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.mailbox_syntax import split_mailbox

ADDRESS = "digest@news.example.org"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"Digest <{ADDRESS}>", "Digest"),
        (f"Health, Ministry of <{ADDRESS}>", "Health, Ministry of"),
        (f"The digest: the week, in brief <{ADDRESS}>", "The digest: the week, in brief"),
        (f'"A \\"quoted\\" name" <{ADDRESS}>', 'A "quoted" name'),
        (f"Team (weekly) <{ADDRESS}>", "Team (weekly)"),
        (f"Дайджест, еженедельный <{ADDRESS}>", "Дайджест, еженедельный"),
        (f"<{ADDRESS}>", ""),
        (ADDRESS, ""),
    ],
)
def test_a_name_needs_no_quotes(text: str, name: str) -> None:
    assert split_mailbox(text) == (name, ADDRESS)


@given(st.text("abc ,:;()@\"\\'é", min_size=1).map(str.strip).filter(bool))
def test_what_is_quoted_as_the_standard_wants_it_comes_back(name: str) -> None:
    text = formataddr((name, ADDRESS))
    if "=?" not in text:
        assert split_mailbox(text) == parseaddr(text) == (name, ADDRESS)
