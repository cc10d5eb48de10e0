"""What is typed survives in a real browser: reloads, buttons, a desk that does not answer, a colleague's change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from digest.steps.editing import drafts
from tests.browser.test_editors_path import elsewhere
from tests.steps import editor_changes
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"
NewPage = Callable[..., Any]


def test_typed_text_survives_and_reaches_the_mail_when_its_box_is_left(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + BENCH)
    box = page.get_by_role("textbox", name="Introduction")
    state = page.locator("#box-introduction [data-state]")
    box.click()
    page.keyboard.type("Good morn")
    state.get_by_text("Saved 06:30, not in the mail yet").wait_for()
    assert desk.edition.introduction == "", "half a sentence is not in the mail"
    assert [draft.text for draft in drafts.shown_to(desk.context, WEEK, desk.edition, "Edith").own.values()] == [
        "Good morn"
    ]
    page.keyboard.type("ing")
    page.reload()  # before the two seconds are over
    assert box.input_value() == "Good morning"

    page.context.set_offline(True)
    box.click()
    page.keyboard.press("End")
    page.keyboard.type(", all")
    state.get_by_text("Not saved yet, trying again").wait_for()
    page.context.set_offline(False)
    state.get_by_text("Saved").wait_for()

    # Leaving the box puts it into the mail.
    page.get_by_role("textbox", name="Subject").click()
    page.frame_locator("#mail iframe").get_by_text("Good morning, all").wait_for()
    assert desk.edition.introduction == "Good morning, all"


@pytest.mark.thorough
def test_a_colleagues_text_is_shown_beside_mine(desk: ServedDesk, new_page: NewPage) -> None:
    page = new_page()
    page.goto(desk.url + BENCH)
    elsewhere(lambda: editor_changes.write_subject(desk.context, WEEK, "Bo has saved this", by="Bo"))
    box = page.get_by_role("textbox", name="Subject")
    box.fill("Mine is different")
    box.press("Tab")
    clash = page.locator("#box-subject .clash")
    clash.get_by_text("Bo has saved this").wait_for()
    assert box.input_value() == "Mine is different"
    clash.get_by_role("button", name="Use mine").click()
    clash.wait_for(state="detached")
    assert desk.edition.subject == "Mine is different"
