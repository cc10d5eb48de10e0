"""Tests of an edition from the desk: to several addresses, with a note, as a subscriber gets it."""

from __future__ import annotations

from digest.steps.subscribers.operator_actions import add
from tests.steps.newsletter_setup import WEEK
from tests.web.desk_server import ServedDesk

BENCH = f"/editions/{WEEK}"


def test_a_test_goes_to_several_addresses_with_a_note_as_a_subscriber_gets_it(desk: ServedDesk) -> None:
    theme = desk.edition.sections[-1]
    add(desk.context, "nia@example.org", name="Nia", themes=[theme.theme], language="cy")
    note = "Is <b>this</b> right? ⟦unsubscribe⟧ {{ x }}\nSecond line"
    to = "editor@example.org, boss@example.org\nada@example.org; boss@example.org"
    answer = desk.fill(f"{BENCH}/test", address=to, test_note=note, test_as="nia@example.org")
    for address in ("editor@example.org", "boss@example.org", "ada@example.org"):
        assert answer.text.count(f"Test sent to {address}. The mail server replied: 250") == 1
    mails = desk.mailbox.messages()
    assert sorted(mail.recipients for mail in mails) == [
        ("ada@example.org",),
        ("boss@example.org",),
        ("editor@example.org",),
    ]
    assert "Mawrth" in mails[0].subject
    opened = desk.mailbox.open(mails[0].id)
    assert opened
    assert "Edith writes:" in opened.text
    assert "Is <b>this</b> right? [unsubscribe]" in opened.text
    assert "&#60;b&#62;this&#60;/b&#62;" in opened.html
    assert not any(section.posts[0].title in opened.text for section in desk.edition.sections[:-1])
    assert desk.view.counts.candidates == 0
    assert "Edith writes" not in desk.page(f"{BENCH}/email.html"), "the note is in the test only"
    nobody = desk.fill(f"{BENCH}/test", address="editor@example.org, nobody")
    assert "“nobody” is not an address" in nobody.text
    assert len(desk.mailbox.messages()) == 3, "all or nothing, where one is no address"
