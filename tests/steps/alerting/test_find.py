"""What is wrong, and from when on: each condition, and that its end is seen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import MailServerError
from digest.model import EditionStatus, Mailing
from digest.model.alert import AlertKind
from digest.steps.alerting.find import find_alerts
from digest.steps.context import Context
from digest.steps.editing.approve import approve, hold
from digest.steps.sending.send import send
from digest.steps.subscribers.operator_actions import add
from digest.store import bounces, deliveries, editions, identity, pending_notices, sources, subscriber_list
from digest.store.bounces import NewBounce
from digest.store.engine import Store
from digest.store.last_backup import LastBackup, set_last_backup
from digest.store.pending_notices import PendingNotice
from digest.store.sources import SourceState
from tests.steps.alerting.quiet_newsletter import DAY, HOUR, MONDAY, W12, at, quiet_newsletter, store_edition
from tests.steps.newsletter_setup import set_up

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

MINUTE = timedelta(minutes=1)
BLOG = "Working at Estuary"


def kinds(context: Context, later: timedelta = timedelta(0)) -> list[str]:
    return [alert.kind.value for alert in find_alerts(at(context, MONDAY + later))]


def test_nothing_is_wrong_with_a_quiet_newsletter(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        assert kinds(newsletter.context) == []


@pytest.mark.parametrize(("hours", "number"), [(10.9, 0), (11, 1)])
def test_an_edition_is_missing_six_hours_after_its_time(
    tmp_path: Path, store: Store, hours: float, number: int
) -> None:
    """W13 closes on Monday, its draft is made at 06:00 in London, which is 05:00 UTC by then."""
    with quiet_newsletter(tmp_path, store, alerts={"backup_days": 0}) as newsletter:
        monday = 7 * DAY - 13 * HOUR
        found = find_alerts(at(newsletter.context, MONDAY + monday + timedelta(hours=hours)))
        assert [(alert.kind, alert.about) for alert in found] == [(AlertKind.EDITION, "2019-W13")] * number
        assert all("digest compose --week 2019-W13" in alert.remedy for alert in found)


def test_a_first_edition_that_nobody_makes_is_missed_after_a_week(tmp_path: Path, store: Store) -> None:
    with set_up(tmp_path, store, sources=[BLOG]) as newsletter:
        (alert,) = find_alerts(at(newsletter.context, MONDAY))
        assert (alert.kind, alert.about, alert.patience) == (AlertKind.EDITION, "first", 7 * DAY + 6 * HOUR)
        store_edition(store, W12)
        assert kinds(newsletter.context) == []


def test_a_skipped_week_is_not_missing(tmp_path: Path, store: Store) -> None:
    store_edition(store, W12.shift(1), EditionStatus.SKIPPED, MONDAY + 7 * DAY)
    with quiet_newsletter(tmp_path, store, alerts={"backup_days": 0}) as newsletter:
        assert kinds(newsletter.context, 8 * DAY) == []


@pytest.mark.parametrize("is_held", [False, True])
def test_an_edition_waits_for_its_editors_from_a_day_on(tmp_path: Path, store: Store, is_held: bool) -> None:
    store_edition(store, W12, EditionStatus.DRAFT)
    with quiet_newsletter(tmp_path, store) as newsletter:
        if is_held:
            hold(newsletter.context, W12, by="editor")
        assert kinds(newsletter.context, 23 * HOUR) == []
        assert kinds(newsletter.context, 24 * HOUR) == ["draft"]


def test_an_approved_edition_that_nobody_sends_and_then_a_queue_that_stands(tmp_path: Path, store: Store) -> None:
    store_edition(store, W12, EditionStatus.DRAFT)
    with quiet_newsletter(tmp_path, store, newsletter={"editors": []}, smtp={"port": 1}) as newsletter:
        add(newsletter.context, "ada@example.net")
        approve(newsletter.context, W12, by="editor")
        assert kinds(newsletter.context, 29 * MINUTE) == []
        assert kinds(newsletter.context, 30 * MINUTE) == ["edition"]
        with store.writing() as connection:
            deliveries.queue(connection, Mailing(W12), now=MONDAY)
            editions.move(connection, W12, [EditionStatus.APPROVED], EditionStatus.SENDING)
        assert kinds(newsletter.context, 29 * MINUTE) == []
        (alert,) = find_alerts(at(newsletter.context, MONDAY + 30 * MINUTE))
        assert (alert.kind, alert.about) == (AlertKind.QUEUE, "2019-W12")
        assert "1 delivery to go" in alert.what
        with store.writing() as connection:
            editions.pause(connection, W12, by="Ann", at=MONDAY)
        assert kinds(newsletter.context, 5 * HOUR) == [], "somebody wants it so"
        assert kinds(newsletter.context, 6 * HOUR) == ["edition"], "and may have forgotten it"
    with quiet_newsletter(tmp_path, store, newsletter={"editors": []}) as newsletter:
        with store.writing() as connection:
            editions.unpause(connection, W12)
        assert send(newsletter.context, W12).sent == 1
        assert kinds(newsletter.context, 6 * HOUR) == []


def test_tries_that_reach_no_mail_server_do_not_move_a_queue(tmp_path: Path, store: Store) -> None:
    store_edition(store, W12, EditionStatus.DRAFT)
    with quiet_newsletter(tmp_path, store, newsletter={"editors": []}, smtp={"port": 1}) as newsletter:
        add(newsletter.context, "ada@example.net")
        approve(newsletter.context, W12, by="editor")
        for minutes in (60, 75, 90):  # it was approved for then
            then = at(newsletter.context, MONDAY + minutes * MINUTE)
            with pytest.raises(MailServerError):
                send(then, W12)
            assert [one.kind for one in find_alerts(then)] == ([] if minutes < 90 else [AlertKind.QUEUE])


def test_a_notice_that_no_server_takes_is_an_alert_until_it_is_sent(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        with store.writing() as connection:
            notice = PendingNotice(W12, "draft ready", "The draft waits", "Text", {})
            pending_notices.keep(connection, notice, at=MONDAY)
        assert kinds(newsletter.context, 29 * MINUTE) == []
        assert kinds(newsletter.context, 30 * MINUTE) == ["notice"]
        with store.writing() as connection:
            pending_notices.drop(connection, W12, "draft ready")
            pointless = PendingNotice(W12, "draft ready", "The draft waits", "Text", {}, while_status="draft")
            pending_notices.keep(connection, pointless, at=MONDAY)
        assert kinds(newsletter.context, 30 * MINUTE) == []


def test_bounces_on_hold_are_an_alert_at_once_and_name_nobody(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        add(newsletter.context, "ada@example.net")
        with store.writing() as connection:
            (ada,) = subscriber_list.stream(connection, now=MONDAY)
            bounces.add(connection, NewBounce(ada.id, "2019-W12", True, True, "policy", "5.7.1", "blocked", MONDAY))
            (bounce,) = bounces.of_batch(connection, "2019-W12")
            bounces.change(connection, [bounce.id], bounce.state.ON_HOLD, hold="policy")
        (alert,) = find_alerts(newsletter.context)
        assert alert.kind is AlertKind.BOUNCES
        assert "--mailing 2019-W12 --group policy" in alert.remedy
        assert "ada" not in alert.what + alert.remedy


def test_a_backup_is_missed_once_there_is_something_to_lose_and_when_it_is_old(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        later = 8 * DAY + MINUTE
        assert "backup" not in kinds(newsletter.context, 8 * DAY)
        assert "backup" in kinds(newsletter.context, later)
        with store.writing() as connection:
            identity.ensure_name(connection)
            set_last_backup(connection, LastBackup(MONDAY + DAY, Path("/srv/backup.zip"), 1))
        assert "backup" not in kinds(newsletter.context, later)
        assert "backup" in kinds(newsletter.context, later + DAY)
    with quiet_newsletter(tmp_path, store, alerts={"backup_days": 0}) as newsletter:
        assert "backup" not in kinds(newsletter.context, later + DAY)


def test_a_source_is_dead_after_a_month_of_failures(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        (source,) = newsletter.context.settings.sources
        state = SourceState(BLOG, source.feed, outcome="error", reason="It answered 503.", good_at=MONDAY, failures=9)
        with store.writing() as connection:
            sources.save(connection, [state])
        assert "source" not in kinds(newsletter.context, 29 * DAY)
        assert "source" in kinds(newsletter.context, 30 * DAY)


def test_a_source_that_was_never_read_is_dead_a_month_after_it_was_first_seen_so(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        (source,) = newsletter.context.settings.sources
        with store.writing() as connection:
            sources.save(connection, [SourceState(BLOG, source.feed, outcome="error", reason="404.", failures=3)])
        (alert,) = find_alerts(newsletter.context)
        assert (alert.kind, alert.patience) == (AlertKind.SOURCE, 30 * DAY)
