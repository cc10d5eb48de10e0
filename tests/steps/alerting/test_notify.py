"""Alerts by mail and webhook: to whom, how often, and what is left when a server is down."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model import EditionStatus
from digest.steps.alerting.notify import check_alerts, try_channels
from digest.steps.editing.approve import skip
from digest.steps.lease import hold
from digest.store.engine import Store
from digest.week import Week
from tests.steps.alerting.hook_server import hook_server
from tests.steps.alerting.quiet_newsletter import DAY, HOUR, MONDAY, W12, at, mails, quiet_newsletter, store_edition

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

AWAY = [Week(2019, number) for number in range(13, 18)]
BACK = MONDAY + 5 * 7 * DAY


def test_five_weeks_off_are_one_mail_and_one_post_that_name_each_week(tmp_path: Path, store: Store) -> None:
    with hook_server() as hook, quiet_newsletter(tmp_path, store, hook) as newsletter:
        assert check_alerts(newsletter.context).alerts == ()
        report = check_alerts(at(newsletter.context, BACK))
        assert [record.alert.about for record in report.alerts if record.alert.kind == "edition"] == [*map(str, AWAY)]
        sent = mails(newsletter)
        assert sorted(to for to, _, _ in sent) == ["one@example.org", "two@example.org"], "one each"
        ((method, _, body),) = hook.requests
        assert method == "POST"
        for text in (sent[0][2], sent[1][2], json.loads(body)["text"]):
            for week in AWAY:
                assert f"digest compose --week {week}" in text
            assert str(W12) not in text
        assert sent[0][1].startswith("The Test Digest: 2019-W13 has no edition since Monday 1 April")


def test_an_alert_is_sent_once_then_daily_then_that_it_is_mended(tmp_path: Path, store: Store) -> None:
    later = MONDAY + 7 * DAY
    tables = {"newsletter": {"editors": ["one@example.org"]}, "alerts": {"backup_days": 0}}
    with quiet_newsletter(tmp_path, store, **tables) as newsletter:
        for hours in (0, 1, 23, 24):
            check_alerts(at(newsletter.context, later + hours * HOUR))
        assert [subject.partition(" since")[0] for _, subject, _ in mails(newsletter)] == [
            "The Test Digest: 2019-W13 has no edition",
            "The Test Digest: still: 2019-W13 has no edition",
        ]
        skip(at(newsletter.context, later + DAY), AWAY[0], by="editor")
        for hours in (25, 26, 27, 60):
            assert check_alerts(at(newsletter.context, later + hours * HOUR)).alerts == ()
        _, subject, text = mails(newsletter)[-1]
        assert len(mails(newsletter)) == 3
        assert subject.startswith("The Test Digest: mended: 2019-W13 has no edition")
        assert text.startswith("Mended. It was:")
        assert "Still so:" not in text


def test_a_mail_server_that_is_down_loses_no_alert_and_keeps_none_from_the_webhook(
    tmp_path: Path, store: Store
) -> None:
    with hook_server() as hook:
        with quiet_newsletter(tmp_path, store, hook, smtp={"port": 1}) as newsletter:
            report = check_alerts(at(newsletter.context, BACK))
            assert (len(hook.requests), report.sent, len(report.failures)) == (1, 1, 2)
            check_alerts(at(newsletter.context, BACK + HOUR))
            assert len(hook.requests) == 1, "the webhook has it"
            assert any("An alert was not mailed" in line for line in newsletter.log_lines)
        with quiet_newsletter(tmp_path, store, hook) as newsletter:
            check_alerts(at(newsletter.context, BACK + 2 * HOUR))
            check_alerts(at(newsletter.context, BACK + 3 * HOUR))
            assert len(mails(newsletter)) == 2, "one each"
            assert len(hook.requests) == 1


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_webhook_that_fails_keeps_no_mail_back_and_gets_the_alert_later(
    tmp_path: Path, store: Store, status: int
) -> None:
    with hook_server() as hook, quiet_newsletter(tmp_path, store, hook) as newsletter:
        hook.status = status
        hook.location = hook.url
        report = check_alerts(at(newsletter.context, BACK))
        assert len(mails(newsletter)) == 2
        assert str(status) in report.failures[0]
        hook.status = 200
        check_alerts(at(newsletter.context, BACK + HOUR))
        assert (len(mails(newsletter)), len(hook.requests)) == (2, 2)
        assert_no_secret([*report.failures, *newsletter.log_lines])


def test_a_webhook_that_is_down_or_that_no_setting_should_name_keeps_no_mail_back(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, url in enumerate(("http://127.0.0.1:1/s3cr3t-token", "http://hooks.example.org/s3cr3t-token")):
        monkeypatch.setenv("DIGEST_ALERTS_WEBHOOK_URL", url)
        with quiet_newsletter(tmp_path, store) as newsletter:
            report = check_alerts(at(newsletter.context, BACK + number * DAY))
            assert len(mails(newsletter)) == 2 + 2 * number
            assert len(report.failures) == 1
            assert_no_secret([*report.failures, *newsletter.log_lines])


def test_a_secret_file_that_cannot_be_read_keeps_no_mail_back(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_ALERTS_WEBHOOK_URL_FILE", str(tmp_path / "missing"))
    with quiet_newsletter(tmp_path, store) as newsletter:
        report = check_alerts(at(newsletter.context, BACK))
        assert len(mails(newsletter)) == 2
        assert "DIGEST_ALERTS_WEBHOOK_URL_FILE" in report.failures[0]


def test_an_address_of_the_settings_gets_alerts_in_place_of_the_editors(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store, alerts={"to": ["Ops <ops@example.org>"]}) as newsletter:
        check_alerts(at(newsletter.context, BACK))
        assert [to for to, _, _ in mails(newsletter)] == ["ops@example.org"]


def test_of_programs_that_look_at_once_one_sends(tmp_path: Path, store: Store) -> None:
    with quiet_newsletter(tmp_path, store) as newsletter:
        back = at(newsletter.context, BACK)
        with hold(store, "alerts", clock=back.clock):
            report = check_alerts(back)
            assert report.busy
            assert len(report.alerts) >= 5
        assert mails(newsletter) == []
        check_alerts(back)
        assert len(mails(newsletter)) == 2


@pytest.mark.parametrize(("day", "number"), [(1, 1), (4, 1), (5, 0), (6, 0), (7, 1)])
def test_a_draft_is_reminded_of_on_working_days(tmp_path: Path, store: Store, day: int, number: int) -> None:
    """W12's draft was made on a Monday."""
    store_edition(store, W12, EditionStatus.DRAFT, MONDAY - 7 * HOUR)
    with quiet_newsletter(tmp_path, store, newsletter={"editors": ["one@example.org"]}) as newsletter:
        check_alerts(at(newsletter.context, MONDAY + day * DAY - timedelta(hours=1)))
        sent = mails(newsletter)
        assert len(sent) == number
        assert all("2019-W12 waits for approval" in subject for _, subject, _ in sent)


def test_a_test_goes_to_every_channel_and_says_that_nothing_is_wrong(tmp_path: Path, store: Store) -> None:
    with hook_server() as hook, quiet_newsletter(tmp_path, store, hook) as newsletter:
        assert (try_channels(newsletter.context).sent, len(hook.requests)) == (3, 1)
        assert all("nothing is wrong" in text for _, _, text in mails(newsletter))


def assert_no_secret(lines: list[str]) -> None:
    assert lines
    assert not [line for line in lines if "s3cr3t" in line]
