"""What a message about alerts says, whatever stands in names and replies."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from digest.model.alert import Alert, AlertKind, AlertRecord
from digest.steps.alerting.message import subject, text, webhook_body
from digest.steps.alerting.plan import AlertMessage

NOW = datetime(2019, 3, 25, 13, tzinfo=UTC)


def record(what: str) -> AlertRecord:
    return AlertRecord(Alert(AlertKind.SOURCE, what[:200], what, "Do something."), NOW, None, {})


def test_a_subject_says_the_first_and_how_many_more() -> None:
    two = (record("A is dead."), record("B is dead."))
    assert subject("The Digest", AlertMessage(fresh=two)) == "The Digest: A is dead, and 1 more"
    assert subject("The Digest", AlertMessage(again=two[:1])) == "The Digest: still: A is dead"
    assert subject("The Digest", AlertMessage(resolved=two[1:])) == "The Digest: mended: B is dead"


def test_a_thousand_dead_sources_are_a_short_message() -> None:
    message = AlertMessage(fresh=tuple(record(f"The source {number} is dead.") for number in range(1000)))
    words = text(message)
    assert "The source 24 is dead." in words
    assert "and 975 more" in words
    assert len(words) < 4000


def test_a_webhook_calls_nobody_by_what_stands_in_a_name() -> None:
    data = json.loads(webhook_body("A & B", "The source <!channel> is dead."))
    assert data == {"text": "*A &amp; B*\n\nThe source &lt;!channel&gt; is dead."}


@given(st.text(max_size=3000))
def test_any_name_gives_one_line_of_subject_and_a_bounded_text_without_addresses(name: str) -> None:
    message = AlertMessage(fresh=(record(f"{name} ada@example.org is dead."),))
    head = subject("The Digest", message)
    assert len(head) < 200
    assert len(head.splitlines()) == 1
    assert len(text(message)) < 1300
    assert "ada@" not in head + text(message)
