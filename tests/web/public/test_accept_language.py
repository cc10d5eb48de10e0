"""What a browser says of its user's languages, however it says it."""

from __future__ import annotations

import pytest

from digest.web.public.accept_language import accepted_languages


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", []),
        ("cy", ["cy"]),
        ("cy-GB,cy;q=0.9,en-GB;q=0.8,en;q=0.7", ["cy-GB", "cy", "en-GB", "en"]),
        ("en;q=0.3, de , fr;q=0.8", ["de", "fr", "en"]),
        ("de;q=0.5,fr;q=0.5", ["de", "fr"]),  # equal preference: in the order given
        ("de;q=0,fr", ["fr"]),
        ("*;q=0.5,de;q=0.1", ["de"]),
        ("de; Q=0.2,fr", ["fr", "de"]),
        ("de;q=no,fr;q=nan,es;q=2,nl;q=-1,cy;level=1,ar;q=", []),
        (",;,;q=1, ,", []),
        ("x" * 36, []),
        (",".join(f"l{number}" for number in range(30)), [f"l{number}" for number in range(20)]),
    ],
)
def test_languages_are_in_order_of_preference(header: str, tags: list[str]) -> None:
    assert accepted_languages(header) == tags
