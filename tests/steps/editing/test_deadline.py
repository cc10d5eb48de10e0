"""What happens to a draft about which nobody answers, and the mails before and after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from digest.model import EditionStatus
from digest.settings import Secrets, load_settings
from digest.steps.context import Context
from digest.steps.editing.approve import approve, approve_automatically, hold, resume, skip, take_back
from digest.steps.editing.deadline import NOBODY, keep_deadlines
from digest.steps.editing.edition_view import load
from digest.steps.editing.send_time import weeks_to_send
from digest.steps.notifying.notify_editors import notify_again, notify_editors
from digest.steps.sending.send import send
from digest.steps.status import status as status_of
from digest.store import editions
from digest.store.engine import open_store
from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher
from tests.steps.editor_changes import write_introduction
from tests.steps.newsletter_setup import NOW, WEEK

RULE = {"no_answer": "send", "deadline_hours": 6, "remind_hours": 2}


class Office:
    """A draft with editors, a moving clock and a mailbox."""

    def __init__(self, context: Context, mailbox: CaughtMailbox) -> None:
        self._context, self._mailbox, self.hours = context, mailbox, 0.0

    @property
    def context(self) -> Context:
        return replace(self._context, clock=lambda: NOW + timedelta(hours=self.hours))

    def at(self, hours: float) -> None:
        """What runs every quarter of an hour, at this time; twice, for it must make no difference."""
        self.hours = hours
        for _ in range(2):
            keep_deadlines(self.context)
            notify_again(self.context)
            for week in weeks_to_send(self.context):
                send(self.context, week, manual=False)

    @property
    def status(self) -> EditionStatus:
        return load(self.context, WEEK).row.status

    def mails(self) -> list[tuple[str, str]]:
        """Subjects and texts of what the editor got, the oldest first."""
        found = []
        for message in reversed(self._mailbox.messages()):
            opened = self._mailbox.open(message.id)
            if opened is not None and "ed@example.org" in message.recipients:
                found.append((message.subject, opened.text))
        return found

    def editions_sent(self) -> int:
        return sum("ada@example.org" in message.recipients for message in self._mailbox.messages())


def office(composed: Path, folder: Path, rule: dict[str, Any], **tables: dict[str, Any]) -> Iterator[Office]:
    shutil.copytree(composed, folder)
    path = folder / "digest.toml"
    with MailCatcher(folder / "caught") as catcher:
        document = tomlkit.parse(path.read_text("utf-8"))
        document["store"] = {"url": f"sqlite:///{folder / 'digest.db'}"}
        document["smtp"] = {"port": catcher.port}
        document["approval"] = rule
        document["newsletter"]["editors"] = ["Ed <ed@example.org>"]  # type: ignore[index]
        for name, values in tables.items():
            document[name] = values
        path.write_text(tomlkit.dumps(document), "utf-8")
        store = open_store(load_settings(path, Secrets(_env_file=None)).store_url)
        context = Context(load_settings(path, Secrets(_env_file=None)), store, lambda: NOW, (notify_editors,))
        yield Office(context, CaughtMailbox(folder / "caught"))
        store.close()


@pytest.fixture
def desk_office(composed_week: Path, tmp_path: Path) -> Iterator[Office]:
    yield from office(composed_week, tmp_path / "office", RULE, desk={"address": "https://desk.example.org"})


def test_a_draft_goes_out_at_its_deadline_if_nobody_answers(desk_office: Office) -> None:
    one = desk_office
    one.at(3.9)
    assert one.mails() == []
    one.at(4.1)
    ((subject, text),) = one.mails()
    assert "goes out by itself" in subject
    assert "Hold or skip it to prevent that" in text
    assert f"https://desk.example.org/editions/{WEEK}?from=" in text
    assert one.status is EditionStatus.DRAFT
    one.at(5.9)
    assert one.status is EditionStatus.DRAFT
    one.at(6.1)
    assert one.status is EditionStatus.SENT
    view = load(one.context, WEEK)
    assert view.approval is not None
    assert view.approval.by == NOBODY
    subjects = [subject for subject, _ in one.mails()]
    assert [
        words in subject for words, subject in zip(("by itself", "nobody answered", "was sent"), subjects, strict=True)
    ]
    sent = one.mails()[-1][1]
    assert "3 of 3 sent" in sent
    assert f"https://desk.example.org/editions/{WEEK}/report?from=" in sent
    one.at(6.4)
    one.at(30)
    assert len(one.mails()) == 3
    assert one.editions_sent() == 1


@pytest.mark.parametrize("decision", ["held", "held and resumed", "skipped", "skipped and resumed", "taken back"])
def test_what_somebody_has_decided_about_never_goes_out_by_itself(desk_office: Office, decision: str) -> None:
    one = desk_office
    one.hours = 5
    if decision == "taken back":
        approve(one.context, WEEK, by="Ed", cancel_seconds=60)
        take_back(one.context, WEEK, by="Ed")
    elif decision.startswith("held"):
        hold(one.context, WEEK, by="Ed")
    else:
        skip(one.context, WEEK, by="Ed", reason="no time")
    if decision.endswith("resumed"):
        resume(one.context, WEEK, by="Ed")
    one.at(6.1)
    one.at(12)
    assert one.status in (EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.SKIPPED)
    assert one.editions_sent() == 0


def test_somebody_who_is_still_editing_is_waited_for(desk_office: Office) -> None:
    one = desk_office
    one.hours = 5.9
    write_introduction(one.context, WEEK, "Nearly there.", by="Ed")
    one.at(6.1)
    assert one.status is EditionStatus.DRAFT
    one.at(6.5)
    assert one.status is EditionStatus.SENT


def test_a_deadline_long_past_sends_nothing(desk_office: Office) -> None:
    """The machine was off for days, or the setting is new: subscribers expect no mail now."""
    desk_office.at(6 + 25)
    assert desk_office.status is EditionStatus.DRAFT
    assert desk_office.editions_sent() == 0


def test_too_few_posts_wait_for_a_person(composed_week: Path, tmp_path: Path) -> None:
    for one in office(composed_week, tmp_path / "office", RULE | {"minimum_posts": 500}):
        one.at(4.5)
        one.at(6.1)
        one.at(6.4)
        assert one.status is EditionStatus.DRAFT
        subjects = [subject for subject, _ in one.mails()]
        assert len(subjects) == 2
        assert "still waits for you" in subjects[0]
        assert "was not approved by itself" in subjects[1]
        assert "goes out by itself with 500 or more" in one.mails()[1][1]
        assert "<link>" not in one.mails()[1][1], "the desk has no address: no link"


def test_hold_only_reminds(composed_week: Path, tmp_path: Path) -> None:
    for one in office(composed_week, tmp_path / "office", RULE | {"no_answer": "hold"}):
        one.at(4.5)
        one.at(20)
        assert one.status is EditionStatus.DRAFT
        ((subject, text),) = one.mails()
        assert "still waits for you" in subject
        assert "Without your approval nothing is sent" in text


def test_a_mail_that_no_server_took_is_tried_again_until_it_is_pointless(composed_week: Path, tmp_path: Path) -> None:
    for one in office(composed_week, tmp_path / "office", RULE | {"no_answer": "hold"}):
        up = one.context
        settings = load_settings(up.settings.path, Secrets(_env_file=None))
        settings.smtp = settings.smtp.model_copy(update={"port": 1})
        one.hours = 4.5
        down = replace(one.context, settings=settings)
        keep_deadlines(down)
        notify_again(down)
        assert one.mails() == []
        notify_again(one.context)
        assert len(one.mails()) == 1
        notify_again(one.context)
        assert len(one.mails()) == 1

        # The same again for an edition that is approved meanwhile: the mail says nothing any more.
        with one.context.store.writing() as connection:
            from sqlalchemy import text as sql

            connection.execute(sql("DELETE FROM notifications"))
        keep_deadlines(down)
        approve(one.context, WEEK, by="Ed")
        notify_again(one.context)
        assert len(one.mails()) == 1


def test_a_killed_run_is_announced_by_the_next(desk_office: Office) -> None:
    one = desk_office
    approve(one.context, WEEK, by="Ed")
    silent = replace(one.context, notifiers=())  # as if it had been killed before it could say so
    send(silent, WEEK)
    assert one.mails() == []
    one.at(0.5)
    ((subject, text),) = one.mails()
    assert "was sent" in subject
    assert "Approved by Ed." in text
    one.at(0.7)
    assert len(one.mails()) == 1


def test_an_automatic_approval_never_overrules_a_person(composed_week: Path, tmp_path: Path) -> None:
    for one in office(composed_week, tmp_path / "office", {"mode": "automatic"}):
        hold(one.context, WEEK, by="Ed")
        assert not approve_automatically(one.context, WEEK)
        assert one.status is EditionStatus.HELD
        resume(one.context, WEEK, by="Ed")
        assert not approve_automatically(one.context, WEEK)
        with one.context.store.reading() as connection:
            row = editions.find(connection, WEEK)
        assert row is not None
        assert row.answered_at is not None
        assert "waits for approval" in status_of(one.context, WEEK).next
