"""The mail opened as a page of its own, in a sandbox: the browser requests nothing that the policy blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def test_a_printed_mail_leaves_no_half_of_a_page_empty(new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.set_content(Renderer(DESIGN, [packaged_folder()]).render(edition(15)).html)
    pdf: bytes = page.pdf(format="A4")
    # Six when a section, which MJML makes an inline block, could not be broken.
    assert pdf.count(b"/Type /Page\n") == 4
