"""Two persons approve: another one, the same content, both names."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import ApprovalError, SettingsError
from digest.events import Event, FirstApproval
from digest.model import AuditEvent, EditionStatus
from digest.settings import Secrets, load_settings
from digest.steps.context import Context
from digest.steps.editing.approve import approve, hold
from digest.steps.editing.edition_view import load
from digest.steps.editing.second_approval import is_same_person
from digest.steps.sending.send import send
from digest.steps.status import status as status_of
from digest.store import audit
from tests.steps.editor_changes import write_introduction
from tests.steps.newsletter_setup import WEEK


@pytest.fixture
def two(draft: Context) -> Context:
    draft.settings.approval = draft.settings.approval.model_copy(update={"second": True})
    return draft


def status(context: Context) -> EditionStatus:
    return load(context, WEEK).row.status


def test_another_person_must_approve_the_same_content(two: Context) -> None:
    events: list[Event] = []
    context = Context(two.settings, two.store, two.clock, (lambda _context, event: events.append(event),))
    first = approve(context, WEEK, by="Ada")
    assert first.waits
    assert events == [FirstApproval(WEEK, "Ada")]
    assert status(context) is EditionStatus.DRAFT
    assert status_of(context, WEEK).next == "approved by Ada; another person must approve it, too"
    with pytest.raises(ApprovalError, match="not approved"):
        send(context, WEEK)
    for name in ("Ada", " ADA ", "Ada (by root on the command line)"):
        with pytest.raises(ApprovalError, match="already"):
            approve(context, WEEK, by=name)
    second = approve(context, WEEK, by="Grace")
    assert not second.waits
    assert second.by == "Ada and Grace"
    assert status(context) is EditionStatus.APPROVED
    with context.store.reading() as connection:
        rows = [(row.what, row.by) for row in audit.trail(connection, WEEK)]
    assert (AuditEvent.FIRST_APPROVED, "Ada") in rows
    assert (AuditEvent.APPROVED, "Ada and Grace") in rows


def test_a_change_voids_the_first_approval(two: Context) -> None:
    approve(two, WEEK, by="Ada")
    write_introduction(two, WEEK, "A new sentence.", by="Ada")
    assert status_of(two, WEEK).first_approval == ""
    assert approve(two, WEEK, by="Grace").waits, "nobody has approved this text before"
    assert status(two) is EditionStatus.DRAFT
    assert approve(two, WEEK, by="Ada").by == "Grace and Ada"


def test_holding_voids_the_first_approval_and_a_change_both(two: Context) -> None:
    approve(two, WEEK, by="Ada")
    hold(two, WEEK, by="Bo")
    assert approve(two, WEEK, by="Grace").waits
    approve(two, WEEK, by="Bo")
    write_introduction(two, WEEK, "One more.", by="Ada")
    assert load(two, WEEK).approval is None
    assert approve(two, WEEK, by="Grace").waits


def test_names_of_one_person() -> None:
    assert is_same_person("Ada  Lovelace", "ada lovelace (by root on the command line)")
    assert not is_same_person("Ada", "Ada Lovelace")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('no_answer = "send"', "needs deadline_hours"),
        ('no_answer = "send"\ndeadline_hours = 5\nsecond = true', "asks for two persons"),
        ('mode = "automatic"\nsecond = true', "asks for two persons"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(tmp_path: Path, rule: str, words: str) -> None:
    path = tmp_path / "digest.toml"
    path.write_text(f'[newsletter]\ntitle = "T"\nfrom = "a@example.org"\n[approval]\n{rule}\n', "utf-8")
    with pytest.raises(SettingsError, match=words):
        load_settings(path, Secrets(_env_file=None))
