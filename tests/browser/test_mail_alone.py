"""The mail opened as a page of its own, in a sandbox: the browser requests nothing that the policy blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from digest.mail.rendering.looks import LOOKS
from digest.mail.rendering.render import Renderer
from digest.template_folders import packaged_folder
from tests.mail.editions import DESIGN, edition
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk


def test_no_part_of_the_mail_is_blocked(still_desk: ServedDesk, new_page: Callable[..., Any]) -> None:
    page = new_page()
    console_lines: list[str] = []
    page.on("console", lambda message: console_lines.append(f"{message.text} {message.location}"))
    page.on("requestfailed", lambda request: console_lines.append(f"{request.url} {request.failure}"))
    page.goto(f"{still_desk.url}/editions/{WEEK}/email.html", wait_until="networkidle")
    assert console_lines == []


def test_the_first_headline_is_on_the_first_screen_of_a_phone(new_page: Callable[..., Any]) -> None:
    page = new_page(width=375)
    week = edition(15, short=3, introduction="")
    for look in LOOKS:
        design = replace(DESIGN, look=look, purpose="The week’s best writing about public services, in five minutes.")
        page.set_content(Renderer(design, [packaged_folder()]).render(week).html)
        for width in (375, 320):
            page.set_viewport_size({"width": width, "height": 667})
            headline = page.locator(f'a[href="{week.posts[0].url}"]').first.bounding_box()
            assert headline["y"] < 320, look
            assert page.evaluate("document.documentElement.scrollWidth") <= width, look
        assert page.locator("h1").bounding_box()["height"] < 60, "the name is on one line"


def test_a_printed_mail_leaves_no_half_of_a_page_empty(new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.set_content(Renderer(DESIGN, [packaged_folder()]).render(edition(15)).html)
    pdf: bytes = page.pdf(format="A4")
    # Six when a section, which MJML makes an inline block, could not be broken.
    assert pdf.count(b"/Type /Page\n") == 4
