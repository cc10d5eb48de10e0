"""Weekly and monthly subscribers of one edition: who gets what, once, and what is approved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.cli.showing import edition_json, edition_text
from digest.edition.preflight.checks import LinkState
from digest.errors import ApprovalError, UsageError
from digest.events import Event, PostWithdrawn, WithdrawnPost
from digest.model import DeliveryCounts, Mailing, Severity
from digest.steps.composing.compose import compose
from digest.steps.context import Context
from digest.steps.editing.approval_plan import plan
from digest.steps.editing.approve import approve
from digest.steps.editing.as_subscriber import as_subscriber, number_of
from digest.steps.editing.edition_view import exact, load, load_edition
from digest.steps.editing.test_send import send_tests
from digest.steps.editing.withdrawn_posts import look_again
from digest.steps.notifying.editor_notices import notice_text, withdrawn_text
from digest.steps.sending.report import edition_report
from digest.steps.sending.report_files import as_text
from digest.steps.sending.send import send
from digest.steps.status import status as status_of
from digest.steps.subscribers import operator_actions
from digest.store import deliveries, link_checks
from digest.store.link_checks import LinkCheckRow
from digest.store.recipients import Recipients
from digest.template_folders import packaged_folder
from digest.week import Week
from tests.mail.smtp.smtp_server import SmtpServer
from tests.steps.newsletter_setup import NOW, WEEK, mark_sent
from tests.steps.ready_weeks import ReadyWeeks

FEBRUARY = (Week(2026, 6), Week(2026, 7))  # W08, the last of February, was skipped
MONTHLY = {"mo@example.org": [], "max@example.org": ["civic-tech"], "mia@example.org": ["recruitment"]}


def subscribe(context: Context) -> None:
    for email, themes in {"ada@example.org": [], "bo@example.org": ["recruitment"], **MONTHLY}.items():
        operator_actions.add(context, email, themes=themes, frequency="monthly" if email in MONTHLY else "")
    for week in FEBRUARY:
        mark_sent(context, week)


@pytest.fixture
def context(tmp_path: Path, store_url: str, server: SmtpServer, weeks: ReadyWeeks) -> Iterator[Context]:
    sources = ("Working at Estuary", "Harbour Region Comms")
    tables = {"smtp": {"port": server.port, "connections": 2}, "edition": {"hold_withdrawn": True}}
    ready = weeks.ready(tmp_path, store_url, sources=sources, tables=tables, subscribe=subscribe, approved_by="")
    with ready as newsletter:
        yield newsletter.context


def set_frequency(context: Context, frequency: str, *emails: str) -> None:
    for email in emails:
        operator_actions.add(context, email, frequency=frequency)


def subjects(server: SmtpServer) -> dict[str, str]:
    parsed = [(one.recipient, message_from_bytes(one.message, policy=policy.default)) for one in server.accepted]
    return {recipient: str(message["Subject"]) for recipient, message in parsed}


def test_monthly_subscribers_get_the_month_with_the_next_edition(context: Context, server: SmtpServer) -> None:
    _, edition = load_edition(context, WEEK)
    assert edition.month is not None
    assert (edition.month.months, edition.month.weeks) == (("2026-02",), FEBRUARY)
    assert [section.theme for section in edition.month.sections] == ["comms", "civic-tech"]

    assert status_of(context, WEEK).months == ("2026-02",)
    assert "get 2026-02: 2 posts. Look at their mail" in notice_text(edition, monthly=True)
    assert "2026-02" not in notice_text(edition), "nobody gets it"
    assert plan(context, WEEK).recipients == Recipients(5, 0, {"": 5}, monthly=3)
    shown = as_subscriber(context, WEEK, number_of(context, "max@example.org"))
    assert (shown.mail.subject, shown.why) == (
        "The Test Digest, February 2026",
        "Civic tech; monthly; in English (United Kingdom)",
    )
    monthly_text = exact(context, WEEK, "text", monthly=True)
    assert b"February 2026" in monthly_text
    assert exact(context, WEEK, "text", "cy", monthly=True) != monthly_text
    (tested,) = send_tests(context, WEEK, ["eve@example.org"], by="editor", monthly=True)
    assert tested.reply
    assert subjects(server) == {"eve@example.org": "The Test Digest, February 2026"}
    server.accepted.clear()
    with pytest.raises(UsageError, match="not both"):
        send_tests(context, WEEK, ["eve@example.org"], by="editor", monthly=True, as_email="mo@example.org")
    approval = approve(context, WEEK, by="editor")
    assert send(context, WEEK, dry_run=True).queued == 5
    assert send(context, WEEK, limit=2).sent == 2  # interrupted, and gone on with
    report = send(context, WEEK)
    assert (report.sent, report.suppressed, report.queued) == (4, 1, 0), "no post of February is of mia's theme"
    weekly, monthly = "The Test Digest, 2–8 March 2026", "The Test Digest, February 2026"
    assert subjects(server) == {
        "ada@example.org": weekly,
        "bo@example.org": weekly,
        "mo@example.org": monthly,
        "max@example.org": monthly,
    }
    assert len(server.accepted) == 4
    assert load_edition(context, WEEK)[1].month == edition.month
    assert approval.revision == edition.revision
    assert exact(context, WEEK, "text", monthly=True) == monthly_text
    assert "Monthly subscribers get 2026-02: 2 posts." in as_text(edition_report(context, WEEK), ZoneInfo("UTC"))

    # The next edition has no month: monthly subscribers get nothing with it.
    later = replace(context, clock=lambda: NOW.replace(day=16))
    compose(later, WEEK.shift(1))
    assert load_edition(later, WEEK.shift(1))[1].month is None
    with pytest.raises(UsageError, match="The edition 2026-W11 has no monthly mail"):
        exact(later, WEEK.shift(1), "text", monthly=True)
    with pytest.raises(UsageError, match="once a month"):
        as_subscriber(later, WEEK.shift(1), number_of(context, "mo@example.org"))


def test_withdrawn_posts_of_the_month_are_named_and_hold_nothing(context: Context) -> None:
    edition, events = load_edition(context, WEEK)[1], list[Event]()
    looking = replace(context, notifiers=(lambda _context, event: events.append(event),))
    assert edition.month is not None
    (post, *_) = edition.month.sections[0].posts
    gone = [LinkCheckRow(post.url, LinkState.GONE.value, "410.", NOW)]
    with context.store.writing() as connection:
        link_checks.save(connection, WEEK, gone, since=NOW)
    look_again(looking, edition, moment="before sending")
    (event,) = events
    assert isinstance(event, PostWithdrawn)
    assert (event.on_hold, event.posts) == (False, (WithdrawnPost(post.title, post.url, "410.", monthly=True),))
    text = withdrawn_text(event)
    assert f"{post.title} (in the monthly mail)" in text
    assert "sent as you approved it" in text
    assert "hold_withdrawn" not in text

    set_frequency(context, "weekly", *MONTHLY)
    look_again(looking, edition, moment="before sending")
    assert len(events) == 1, "nobody gets it"


def test_month_that_went_out_meanwhile_voids_the_approval(context: Context, server: SmtpServer) -> None:
    approve(context, WEEK, by="editor")
    mark_sent(context, WEEK.shift(-2))  # the last of February after all
    with pytest.raises(ApprovalError, match="not what was approved"):
        send(context, WEEK)
    approve(context, WEEK, by="editor")
    assert load_edition(context, WEEK)[1].month is None
    assert send(context, WEEK).sent == 2
    with context.store.reading() as connection:
        assert deliveries.counts(connection, Mailing(WEEK)) == DeliveryCounts(sent=2)
    assert set(subjects(server)) == {"ada@example.org", "bo@example.org"}


def test_preflight_and_show_have_the_month_too(tmp_path: Path, context: Context) -> None:
    view = load(context, WEEK)
    (month,) = view.month_mails
    assert view.edition.month is not None
    (section, *_) = view.edition.month.sections
    assert section.posts[0].url in view.links.addresses
    assert len(view.links.addresses) == len({*view.links.addresses})
    shown = edition_json(view)["month"]
    assert (shown["months"], shown["subject"]) == (["2026-02"], month.rendered.subject)
    assert "Monthly subscribers get 2026-02: 2 posts, " in edition_text(view, why=False)

    templates = tmp_path / "templates" / "email"
    templates.mkdir(parents=True)
    text = (packaged_folder() / "digest.txt.j2").read_text("utf-8")
    spoilt = text.replace("⟦unsubscribe⟧", '{{ "" if mail.is_month else "⟦unsubscribe⟧" }}')
    (templates / "digest.txt.j2").write_text(spoilt, "utf-8")

    def errors() -> list[str]:
        return [each.message for each in load(context, WEEK).findings if each.severity is Severity.ERROR]

    of_month = errors()
    assert of_month[-1] == "In the monthly mail: The text part has no unsubscribe link."
    assert all(error.startswith("In the monthly mail: ") for error in of_month)
    with pytest.raises(ApprovalError, match="In the monthly mail"):
        approve(context, WEEK, by="editor")

    set_frequency(context, "weekly", "mo@example.org", "max@example.org")
    assert errors() == of_month, "mia is still monthly"
    operator_actions.suppress(context, "mia@example.org")
    view = load(context, WEEK)
    assert (errors(), [mail.subscribers for mail in view.month_mails]) == (of_month, [0]), "who comes later gets it"
    assert section.posts[0].url not in view.links.addresses
    set_frequency(context, "monthly", "mo@example.org")
    assert errors() == of_month


def test_who_becomes_monthly_after_the_approval_gets_the_month(context: Context, server: SmtpServer) -> None:
    set_frequency(context, "weekly", *MONTHLY)
    approve(context, WEEK, by="editor")
    set_frequency(context, "monthly", "mo@example.org")
    send(context, WEEK)
    monthly = [email for email, subject in subjects(server).items() if subject.endswith(", February 2026")]
    assert monthly == ["mo@example.org"]
    assert "ada@example.org" in subjects(server)
