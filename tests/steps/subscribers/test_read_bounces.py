"""From returned mail to the suppression list, on both databases."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.model import DeliveryResult, DeliveryState, EffectiveStatus, Mailing, Reply
from digest.settings import parse_settings
from digest.steps.context import Context
from digest.steps.mail_setup import keys_of
from digest.steps.subscribers import operator_actions
from digest.steps.subscribers.read_bounces import BouncesReport, read_bounces
from digest.store import claims, deliveries
from digest.store.engine import Store
from digest.subscribers.link_tokens import Purpose, Tokens
from tests.mail.returned import returned_mail

NOW = datetime(2019, 3, 25, 7, tzinfo=UTC)
TOML = '[newsletter]\ntitle = "Test"\nfrom = "digest@example.org"\n[bounces]\nreturn_path = "b+{token}@example.org"\n'


class Post:
    """A newsletter with one subscriber, and the mailbox to which mail comes back."""

    def __init__(self, folder: Path, store: Store) -> None:
        box = f'mailbox = "{folder}/box"\n[store]\nurl = "sqlite:///{folder}/x.db"\n'
        settings = parse_settings(TOML + box, path=folder / "digest.toml")
        self.context = Context(settings, store, lambda: NOW)
        self.box = mailbox.Maildir(folder / "box")
        assert operator_actions.add(self.context, "ada@reader.example").verdict == "added"
        self.tokens = Tokens(keys_of(settings))
        self.token = self.tokens.make(Purpose.UNSUBSCRIBE, 1)

    def sent(self, week: str) -> None:
        with self.context.store.writing() as connection:
            deliveries.queue(connection, Mailing.parse(week), now=NOW)
            (claim,) = claims.claim(
                connection,
                Mailing.parse(week),
                1,
                by="x",
                now=NOW,
                lease=timedelta(1),
                message_id=lambda _number: f"<{week}@x>",
            ).claims
            claims.record(connection, [DeliveryResult(claim.id, DeliveryState.SENT, Reply(250))], by="x", now=NOW)

    def read(self, *mails: bytes) -> BouncesReport:
        for raw in mails:
            self.box.add(raw)
        return read_bounces(self.context)

    def verdict(self) -> str:
        """The verdict of an import about the subscriber."""
        return operator_actions.add(self.context, "ada@reader.example").reason

    def history(self) -> list[str]:
        return [line.what for line in operator_actions.history(self.context, "ada@reader.example")]


@pytest.fixture
def post(tmp_path: Path, store: Store) -> Post:
    return Post(tmp_path, store)


def test_a_hard_bounce_suppresses(post: Post) -> None:
    assert post.read(returned_mail.dsn(post.token)) == BouncesReport(read=1, hard=1, suppressed=1)
    assert post.verdict() == "bounce 5.1.1"
    assert post.history() == ["subscribed", "suppressed"]
    assert post.read() == BouncesReport(), "what was dealt with is not read again"
    assert post.read(returned_mail.dsn(post.token)).suppressed == 0


def test_a_complaint_suppresses_and_a_mail_unsubscribes(post: Post) -> None:
    assert post.read(returned_mail.complaint(post.token)).suppressed == 1
    assert post.verdict() == "complaint abuse"
    assert post.read(returned_mail.please_remove(post.token)).unsubscribe == 1
    (one,) = operator_actions.everyone(post.context)
    assert one.status is EffectiveStatus.LEFT


def test_soft_bounces_count_once_per_edition_and_only_in_a_row(post: Post) -> None:
    def soft(week: str) -> bytes:
        return returned_mail.dsn(post.token, status="5.2.2", message_id=f"<{week}@x>")

    for week in ("2019-W10", "2019-W11"):
        post.sent(week)
        assert post.read(soft(week), soft(week), soft(week)).suppressed == 0
    post.sent("2019-W12")  # arrives
    post.sent("2019-W13")
    assert post.read(soft("2019-W13")).suppressed == 0
    post.sent("2019-W14")
    assert post.read(soft("2019-W14")).suppressed == 0
    post.sent("2019-W15")
    assert post.read(soft("2019-W15")).suppressed == 1
    assert post.verdict().startswith("bounce 3")


def test_forged_and_foreign_reports_do_nothing(post: Post) -> None:
    forged = post.token[:-3] + "aaa"
    other = Tokens([b"other"]).make(Purpose.UNSUBSCRIBE, 1)
    report = post.read(returned_mail.dsn(forged), returned_mail.dsn(other), returned_mail.complaint("x"))
    assert (report.unmatched, report.suppressed) == (3, 0)
    assert post.history() == ["subscribed"]


def test_verp_needs_no_quoted_mail(post: Post) -> None:
    token = post.tokens.make(Purpose.BOUNCE, 1)
    assert post.read(returned_mail.dsn("", to=f"b+{token}@example.org")).suppressed == 1


def test_ordinary_mails_stay_unread_and_holiday_replies_change_nothing(post: Post) -> None:
    report = post.read(returned_mail.letter(), returned_mail.holiday(post.token))
    assert (report.other, report.automatic, report.suppressed) == (1, 1, 0)
    assert post.read().other == 1


def test_reading_without_a_mailbox_is_an_error(tmp_path: Path, store: Store) -> None:
    settings = parse_settings(TOML, path=tmp_path / "digest.toml")
    context = Context(settings, store, lambda: NOW)
    with pytest.raises(UsageError, match="no mailbox"):
        read_bounces(context)
