"""The archive in a real browser: accessible, narrow, with large text, searched, and read without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.store.corrections import CorrectionRow
from digest.web.archive.build import build_archive
from digest.week import Week
from tests.browser.axe import ALL, axe_source, violations
from tests.web.public_server import ServedPages, serve_pages
from tests.web.test_archive import DESIGN, SOURCES, WEEKS, WORDS, words_of

NewPage = Callable[..., Any]
PATHS = (
    "",
    "2019-W12/",
    "ar/2019-W12/",
    "cy/search/",
    "month/2019-03/",
    "theme/civic-tech/",
    "sources/",
    "search/?q=council",
)
AT = datetime(2019, 3, 27, 9, tzinfo=UTC)
CORRECTED = replace(
    WEEKS[0], corrections=(CorrectionRow(Week(2019, 12), 1, "It leaves at **nine**.", "Correction", "ada", AT),)
)


@pytest.fixture(scope="module")
def composed_week() -> None:
    """These pages need no composed edition."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    with serve_pages(tmp_path_factory.mktemp("archive")) as pages:
        settings = pages.context.settings
        design = replace(DESIGN, public_url=settings.newsletter.public_url)
        design = replace(design, archive_languages=("ar", "cy", "de"))
        others = [words_of(tag) for tag in design.archive_languages]
        build_archive([CORRECTED, WEEKS[1]], design, WORDS, SOURCES, settings.state_folder / "archive", others)
        yield pages


def watched(page: Any) -> list[str]:
    """Collect what the browser complains about."""
    lines: list[str] = []
    page.on("console", lambda message: lines.append(f"{message.text} {message.location}"))
    page.on("pageerror", lambda error: lines.append(str(error)))
    page.on("requestfailed", lambda request: lines.append(f"{request.url} {request.failure}"))
    return lines


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1300, "light")])
def test_every_kind_of_page_is_accessible(archive: ServedPages, new_page: NewPage, width: int, scheme: str) -> None:
    page = new_page(width=width, scheme=scheme)
    page.add_init_script(axe_source())
    wrong = watched(page)
    for path in PATHS:
        page.goto(f"{archive.url}/archive/{path}", wait_until="networkidle")
        wrong += [f"{path}: {one}" for one in violations(page, ALL)]
    assert wrong == []


@pytest.mark.thorough
def test_large_text_on_a_phone_scrolls_one_way_only(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page(width=375)
    for path in (*(f"archive/{path}" for path in PATHS), "subscribe", "nowhere"):
        for size in ("150%", "200%"):
            page.goto(f"{archive.url}/{path}")
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} at {size}"


def test_search_finds_posts_in_titles_and_summaries(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page()
    wrong = watched(page)
    page.goto(f"{archive.url}/archive/")
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Search all editions").fill("PARKING permit")
    page.get_by_role("button", name="Search").click()
    page.get_by_text(re.compile(r"^Posts found: \d+$")).wait_for()
    assert page.url.endswith("/search/?q=PARKING%20permit")
    first = page.locator("#results li").first
    assert "parking permits" in first.inner_text()
    first.get_by_role("link").click()
    page.wait_for_url(re.compile(r"/archive/2019-W\d\d/#post-\w+$"))
    assert page.locator(page.evaluate("location.hash")).is_visible()
    page.go_back()
    page.get_by_text(re.compile(r"^Posts found: \d+$")).wait_for()
    page.get_by_label("Search all editions").fill("<img src=x> zebra")
    page.get_by_text("No post has all these words.").wait_for()
    assert wrong == []


def test_a_search_that_fails_says_so(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page()
    index = archive.context.settings.state_folder / "archive" / "search" / "2019.json"
    away = index.rename(Path(f"{index}.away"))
    try:
        page.goto(f"{archive.url}/archive/search/?q=council")
        page.get_by_text("The search did not work.").wait_for()
    finally:
        away.rename(index)


def test_without_scripts_every_post_is_found_by_theme_and_month(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page(scripts=False)
    page.goto(f"{archive.url}/archive")
    page.get_by_role("link", name="Search").click()
    assert page.locator("noscript p").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    page.get_by_role("link", name="March 2019").click()
    page.locator("section.listed li a").first.click()
    assert "#post-" in page.url


@pytest.mark.thorough
def test_a_reader_changes_the_language_and_subscribes_in_it(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page(width=375, scripts=False)
    wrong = watched(page)
    page.goto(f"{archive.url}/archive/2019-W12/")
    page.get_by_text("Language:").click()
    page.get_by_role("link", name="Cymraeg").click()
    assert page.url.endswith("/archive/cy/2019-W12/")
    assert page.locator("html").get_attribute("lang") == "cy"
    page.locator("#email").fill("cymro@reader.example")
    page.locator("form.subscribe button").click()
    assert page.locator("html").get_attribute("lang") == "cy"
    assert "cymro@reader.example" in page.locator("main").inner_text()
    assert wrong == []


@pytest.mark.thorough
def test_back_and_reload_after_a_form_show_its_result(archive: ServedPages, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{archive.url}/subscribe")
    page.get_by_label("Your email address").fill("nonsense")
    page.get_by_role("button", name="Subscribe").click()
    page.locator(".problem:focus").get_by_role("link", name="Enter an email address").click()
    assert page.locator("#email:focus").get_attribute("aria-invalid") == "true"
    assert page.title().startswith("Error: Subscribe – ")
    page.get_by_label("Your email address").fill("back@reader.example")
    page.get_by_role("button", name="Subscribe").click()
    asked = page.locator("h1").inner_text()
    page.reload()
    assert page.locator("h1").inner_text() == asked
    page.goto(f"{archive.url}/archive/")
    page.go_back()
    assert page.locator("h1").inner_text() == asked
    page.go_back()
    assert "There is a problem" in page.content()
    sent = [one.recipient for one in archive.server.accepted]
    assert sent.count("back@reader.example") == 1, "one form, one mail"
