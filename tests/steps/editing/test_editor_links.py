"""Links in mails to editors: signed, for one page, and of no power."""

from __future__ import annotations

from urllib.parse import urlsplit

from digest.steps.context import Context
from digest.steps.notifying.editor_links import editor_link, hinted_name

PAGE = "/editions/2026-W10"


def page_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_a_link_leads_to_the_page_and_names_its_editor(draft: Context) -> None:
    settings = draft.settings
    assert editor_link(settings, PAGE, "Ada <ada@example.org>") == "", "the desk has no address"
    settings.desk = settings.desk.model_copy(update={"address": "https://desk.example.org/"})
    link = editor_link(settings, PAGE, "Ada <ada@example.org>")
    assert link.startswith(f"https://desk.example.org{PAGE}?from=")
    assert "ada@example.org" not in link
    page = page_of(link)
    assert hinted_name(settings, page) == "Ada"
    other = "A" if page[-9] != "A" else "B"  # not the last one: some of its bits mean nothing
    assert hinted_name(settings, page[:-9] + other + page[-8:]) == ""
    assert hinted_name(settings, page.replace("W10", "W11")) == "", "it is for one page"
    for strange in ("/", "", PAGE, f"{PAGE}?from=", f"{PAGE}?" + "&".join("abcdefghijklmnopqrstuvwxyz"), "//[bad"):
        assert hinted_name(settings, strange) == ""
