"""What editors are notified of, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.errors import ApprovalError
from digest.events import Event, PostWithdrawn, SendingStarted, WithdrawnPost
from digest.model import EditionPost, EditionStatus
from digest.steps.context import Context
from digest.steps.editing.approve import approve
from digest.steps.editing.desk_data import trail
from digest.steps.editing.edition_view import load
from digest.steps.editing.withdrawn_posts import look_again
from digest.steps.notifying.notify_editors import notify_again, notify_editors
from digest.steps.run import run
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add
from digest.store.engine import Store
from tests.steps.newsletter_setup import NOW, WEEK, Newsletter, set_up

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

BLOG = "Working at Estuary"
EDITORS = {"editors": ["One <one@example.org>", "two@example.org"]}


def test_editors_are_notified_once_of_a_draft(tmp_path: Path, store: Store) -> None:
    tables = {"newsletter": {"editors": ["one@example.org", "two@example.org"]}}
    with set_up(tmp_path, store, sources=[BLOG, "Tidewater Transport Data"], tables=tables) as newsletter:
        run(newsletter.context, WEEK)
        run(newsletter.context, WEEK)
        notices = newsletter.mailbox.messages()
        assert sorted(message.recipients[0] for message in notices) == ["one@example.org", "two@example.org"]
        assert str(WEEK) in notices[0].subject
        notice = newsletter.mailbox.open(notices[0].id)
        assert notice is not None
        assert "no answer means no edition" in notice.text
        assert "Tidewater Transport Data: " in notice.text
        assert "404" in notice.text


@pytest.mark.thorough
def test_editors_are_notified_at_the_next_run_if_the_mail_server_is_down(tmp_path: Path, store: Store) -> None:
    tables = {"newsletter": {"editors": ["one@example.org"]}, "smtp": {"port": 1}}
    with set_up(tmp_path, store, sources=(BLOG,), tables=tables) as newsletter:
        assert run(newsletter.context, WEEK).status is EditionStatus.DRAFT
        assert any("was not notified" in line for line in newsletter.log_lines)
    with set_up(tmp_path, store, sources=(BLOG,), tables={"newsletter": tables["newsletter"]}) as newsletter:
        run(newsletter.context, WEEK)
        run(newsletter.context, WEEK)
        assert [message.recipients for message in newsletter.mailbox.messages()] == [("one@example.org",)]


def test_a_notice_that_no_server_took_is_tried_again_until_one_takes_it(tmp_path: Path, store: Store) -> None:
    tables = {"newsletter": {"editors": ["one@example.org"]}, "smtp": {"port": 1}}
    with set_up(tmp_path, store, sources=(BLOG,), tables=tables) as newsletter:
        run(newsletter.context, WEEK)
        notify_again(newsletter.context)
        assert "editors told" not in [row.what for row in trail(newsletter.context, WEEK)]
    with set_up(tmp_path, store, sources=(BLOG,), tables={"newsletter": tables["newsletter"]}) as newsletter:
        notify_again(newsletter.context)
        notify_again(newsletter.context)
        assert [message.recipients for message in newsletter.mailbox.messages()] == [("one@example.org",)]
        assert [row.what for row in trail(newsletter.context, WEEK)].count("editors told") == 1
    with set_up(tmp_path, store, sources=(BLOG,), tables=tables) as newsletter:
        notify_again(newsletter.context)
        assert not any("was not notified" in line for line in newsletter.log_lines), "all are notified"


# --- Withdrawn posts --------------------------------------------------------------------------------------------------


def withdraw(newsletter: Newsletter, posts: Sequence[EditionPost]) -> None:
    for post in posts:
        newsletter.web.withdraw(urlsplit(post.url).path.lstrip("/"))


def notices(newsletter: Newsletter, subject: str) -> list[tuple[str, str]]:
    """Recipient and text of the notices with these words in their subject."""
    found = []
    for message in newsletter.mailbox.messages():
        opened = newsletter.mailbox.open(message.id)
        assert opened is not None
        if subject in message.subject:
            found.append((message.recipients[0], opened.text))
    return found


def hours_later(context: Context, events: list[Event]) -> Context:
    """The time of sending: what was checked at the approval has to be checked again."""
    notifiers = (notify_editors, lambda _context, event: events.append(event))
    return replace(context, clock=lambda: NOW + timedelta(hours=3), notifiers=notifiers)


@pytest.mark.parametrize("hold", [True, False])
def test_editors_are_mailed_about_a_post_withdrawn_after_approval(tmp_path: Path, store: Store, hold: bool) -> None:
    tables = {"newsletter": EDITORS, "edition": {"hold_withdrawn": hold}}
    with set_up(tmp_path, store, sources=(BLOG,), tables=tables) as newsletter:
        add(newsletter.context, "ada@example.net")
        edition = run(newsletter.context, WEEK).compose_report.edition
        approve(newsletter.context, WEEK, by="editor")
        post = edition.posts[0]
        withdraw(newsletter, [post])
        events: list[Event] = []
        context = hours_later(newsletter.context, events)
        if hold:
            with pytest.raises(ApprovalError, match="no longer online"):
                send(context, WEEK)
        else:
            assert send(context, WEEK).sent == 1

        event = events[0]
        assert isinstance(event, PostWithdrawn)
        ((title, url, reason),) = [(each.title, each.url, each.reason) for each in event.posts]
        assert (event.week, event.on_hold, title, url) == (WEEK, hold, post.title, post.url)
        assert "410" in reason
        assert any(isinstance(each, SendingStarted) for each in events) is not hold

        mails = notices(newsletter, "a post is no longer online")
        assert sorted(to for to, _ in mails) == ["one@example.org", "two@example.org"]
        for _, text in mails:
            assert post.title in text
            assert post.url in text
            assert "410" in text
            assert ("The edition is held" in text) is hold
            assert ("sent as you approved it" in text) is not hold
        expected = EditionStatus.HELD if hold else EditionStatus.SENT
        assert load(context, WEEK).row.status is expected


def test_each_set_of_withdrawn_posts_is_mailed_once(tmp_path: Path, store: Store) -> None:
    tables = {"newsletter": {"editors": ["one@example.org"]}}
    with set_up(tmp_path, store, sources=(BLOG,), tables=tables) as newsletter:
        edition = run(newsletter.context, WEEK).compose_report.edition
        first, second, *_ = edition.posts
        events: list[Event] = []
        context = hours_later(newsletter.context, events)
        withdraw(newsletter, [first])
        for _ in range(2):
            look_again(context, edition, moment="before sending")
        assert len(events) == 2
        assert len(notices(newsletter, "no longer online")) == 1
        withdraw(newsletter, [second])
        later = replace(context, clock=lambda: NOW + timedelta(hours=4))
        look_again(later, edition, moment="before sending")
        ((_, text),) = notices(newsletter, "2 posts are no longer online")
        assert first.title in text
        assert second.title in text


def test_no_notice_of_withdrawn_posts_while_all_are_online(tmp_path: Path, store: Store) -> None:
    with set_up(tmp_path, store, sources=(BLOG,), tables={"newsletter": EDITORS}) as newsletter:
        edition = run(newsletter.context, WEEK).compose_report.edition
        events: list[Event] = []
        look_again(hours_later(newsletter.context, events), edition, moment="before sending")
        assert events == []


def test_withdrawn_posts_cost_nothing_without_editors(tmp_path: Path, store: Store) -> None:
    with set_up(tmp_path, store, sources=(BLOG,)) as newsletter:
        event = PostWithdrawn(WEEK, (WithdrawnPost("Title", "https://blog.example.org/1", "gone"),), on_hold=False)
        newsletter.context.emit(event)
        assert newsletter.mailbox.count() == 0
