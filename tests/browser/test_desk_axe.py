"""axe on the desk's pages, as the editor meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.axe import ALL, OF_LOOKS, axe_source, violations
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk, serve_desk

BENCH = f"/editions/{WEEK}"


@pytest.fixture(scope="module")
def still_desk(composed_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """With a public URL, there is something to share."""
    public = {"newsletter": {"public_url": "https://digest.example.org"}}
    with serve_desk(composed_week, tmp_path_factory.mktemp("still"), tables=public) as desk:
        yield desk


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("width", "scheme", "rules"),
    [
        (1300, "light", ALL),
        (390, "dark", OF_LOOKS),
        (1300, "forced", OF_LOOKS),
    ],
)
def test_axe_finds_nothing_on_the_desk(
    still_desk: ServedDesk, new_page: Callable[..., Any], width: int, scheme: str, rules: dict[str, Any]
) -> None:
    source = axe_source()
    post = still_desk.post("bin day").id
    # The frames show the mail, which has judges of its own.
    pages = {
        "/": 200,
        "/sources": 200,
        "/sources/Plainspoken": 200,
        "/sources/Tidewater%20Transport%20Data": 200,
        "/subscribers": 200,
        "/learned": 200,
        BENCH: 200,
        f"{BENCH}?post={post}": 200,
        f"{BENCH}/deliveries": 200,
        f"{BENCH}/history": 200,
        "/search?q=the": 200,
        "/search?q=https://example.org/new": 200,
        "/editions/2030-W01": 404,
    }
    failures: dict[str, list[str]] = {}
    page = new_page(width=width, scheme="light" if scheme == "forced" else scheme)
    if scheme == "forced":
        page.emulate_media(forced_colors="active")
    page.add_init_script(source)
    for path, status in pages.items():
        assert page.goto(still_desk.url + path).status == status
        if broken := violations(page, rules):
            failures[path] = broken
    assert failures == {}
