"""Forms are accepted from our own pages only."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from digest.web.form_tokens import FormTokens, is_same_origin


@pytest.mark.parametrize(
    ("headers", "same_origin"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://desk:1", "host": "desk:1"}, False),
        ({"origin": "http://desk:1", "host": "desk:1"}, True),
        ({"origin": "http://desk:2", "host": "desk:1"}, False),
        ({"origin": "null", "host": "desk:1"}, False),
    ],
)
def test_same_origin_is_read_from_the_headers(headers: dict[str, str], same_origin: bool) -> None:
    assert is_same_origin(headers) is same_origin


def test_a_token_is_valid_only_for_its_visitor_and_key() -> None:
    forms, others = FormTokens(b"key", cookie="v"), FormTokens(b"other", cookie="v")

    def request(cookie: str) -> Request:
        return Request({"type": "http", "headers": [(b"cookie", f"v={cookie}".encode())]})

    visitor = forms.visitor(Request({"type": "http", "headers": []}))
    assert forms.visitor(request(visitor)) == visitor
    assert forms.visitor(request("short")) != "short"
    assert forms.is_genuine(request(visitor), forms.token(visitor))
    assert not forms.is_genuine(request(visitor), others.token(visitor))
    assert not forms.is_genuine(request(forms.visitor(request(""))), forms.token(visitor))
    assert not forms.is_genuine(Request({"type": "http", "headers": []}), forms.token(""))
