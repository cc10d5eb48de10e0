"""The flows against a real Prefect server on loopback, through `digest serve` and `prefect deployment run`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from digest.demo.prefect_server import PrefectServer
from digest.demo.sample_web import SampleWeb
from digest.model import EditionStatus
from digest.steps.editing.approve import approve
from digest.steps.editing.edition_view import load
from digest.web.caught_mail import CaughtMailbox
from digest.web.mail_catcher import MailCatcher
from tests.flows.prefect_setup import MOMENT, UNDER_WAY, WEEK, PrefectSetup, environment, newsletter, until
from tests.steps.editor_changes import schedule

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]
SUBSCRIBERS = ("ada@example.org", "bo@example.net", "cy@example.com")


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory, server: PrefectServer, web: SampleWeb) -> Iterator[PrefectSetup]:
    folder = tmp_path_factory.mktemp("newsletter")
    with (
        environment(DIGEST_CONFIG=str(folder / "digest.toml"), DIGEST_NOW=MOMENT.isoformat()),
        MailCatcher(folder / "mailbox") as catcher,
        newsletter(folder, server, web, smtp_port=catcher.port, subscribers=SUBSCRIBERS) as setup,
    ):
        yield setup
    (folder / "digest.toml").unlink()  # else its deployments on the server that all tests share are still its own


@pytest.fixture(scope="module")
def serving(prefect: PrefectSetup) -> Iterator[PrefectSetup]:
    """`digest serve` at work."""
    with (prefect.folder / "serve.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "digest", "serve"],
            cwd=prefect.folder,
            env=prefect.environment,
            stdout=log,
            stderr=log,
        )
        try:
            name = "/deployments/name/alerts/hourly"  # the last one that is registered
            until("the deployments are registered", lambda: prefect.api.get(name).status_code == 200 or child.poll())
            assert child.poll() is None, (prefect.folder / "serve.log").read_text()
            yield prefect
        finally:
            child.terminate()
            child.wait(60)


@pytest.mark.thorough
def test_setup_may_be_run_again(prefect: PrefectSetup) -> None:
    for _ in range(2):
        done = prefect.command("digest", "setup")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "exists" in done.stdout
    assert prefect.api.get("/work_pools/digest").raise_for_status().json()["type"] == "process"
    automations = prefect.api.post("/automations/filter", json={}).raise_for_status().json()
    assert sorted(automation["name"] for automation in automations if automation["name"].startswith("Digest")) == [
        "Digest: begin a crashed run again",
        "Digest: end a run whose worker died",
    ]
    weekly = prefect.api.get("/deployments/name/weekly-digest/weekly").raise_for_status().json()
    assert weekly["work_pool_name"] == "digest"
    assert weekly["entrypoint"] == "flows.weekly_digest.weekly_digest"


def test_the_scheduler_creates_the_weekly_runs_in_the_newsletter_s_time_zone(serving: PrefectSetup) -> None:
    runs = until("three weekly runs are scheduled", lambda: (r := serving.runs("weekly-digest/weekly"))[2:] and r)
    london = ZoneInfo("Europe/London")
    times = [datetime.fromisoformat(run["expected_start_time"]).astimezone(london) for run in runs]
    assert {(moment.weekday(), moment.hour, moment.minute) for moment in times} == {(0, 6, 0)}
    assert {run["state_type"] for run in runs} == {"SCHEDULED"}
    for deployment in ("collect/hourly", "send-edition/retry", "alerts/hourly"):
        assert until(f"{deployment} is scheduled", lambda name=deployment: serving.runs(name))


@pytest.mark.parametrize(
    ("deployment", "week"),
    [("weekly-digest/weekly", "2019-W54"), ("weekly-digest/weekly", "last"), ("send-edition/approved", "2019-w12")],
)
def test_a_run_for_what_is_no_week_is_refused_before_it_begins(
    serving: PrefectSetup, deployment: str, week: str
) -> None:
    assert "week" in serving.refusal(deployment, week=week)


def test_deployment_run_composes_the_week_and_approval_sends_it(serving: PrefectSetup) -> None:
    # Scheduled runs of collect/hourly and send-edition/retry may start meanwhile: that must do no harm.
    done = serving.command(
        "prefect", "--no-prompt", "deployment", "run", "weekly-digest/weekly", "--param", f"week={WEEK}", "--watch"
    )
    assert done.returncode == 0, done.stdout + done.stderr + (serving.folder / "serve.log").read_text()
    view = load(serving.context, WEEK)
    assert view.status is EditionStatus.DRAFT
    (weekly,) = [run for run in serving.runs("weekly-digest/weekly") if run["state_type"] == "COMPLETED"]
    assert (weekly["name"], weekly["state"]["name"]) == (f"weekly {WEEK}", "AwaitingApproval")
    assert weekly["state"]["message"].startswith(f"{WEEK}: {len(view.edition.posts)} posts, revision 1; waits for")
    assert weekly["tags"] == ["newsletter:the-test-digest"]
    listed = serving.artifact(f"posts-{WEEK}".lower())
    assert sum(row["in"] == "left out" for row in listed) == len(view.edition.left_out)
    assert len(listed) == len(view.edition.posts) + len(view.edition.left_out)
    assert all(row["because"] for row in listed)
    assert {"last good fetch", "failures in a row", "what to do"} <= set(serving.artifact("source-health")[0])
    assert len(view.edition.posts) >= 20
    assert len(view.edition.sections) >= 4
    assert CaughtMailbox(serving.folder / "mailbox").messages() == []
    assert {method for method, _, _ in serving.watchdog.requests} == {"GET"}, "the heartbeat of a run that went well"

    # Approved for later: Prefect plans a run for that moment. It has long gone by Prefect's own clock, so that the run
    # starts at once; by ours it has not come, so that it sends nothing.
    later = serving.context.clock() + timedelta(hours=1)
    schedule(serving.context, WEEK, later, by="editor")
    approve(serving.context, WEEK, by="editor", fingerprint=view.fingerprint)
    (early,) = until(
        "the run of the first moment is over",
        lambda: [run for run in serving.runs("send-edition/approved") if run["state_type"] == "COMPLETED"],
    )
    assert (early["parameters"], early["state"]["message"]) == ({}, "nothing to send")
    assert early["state"]["name"] == "NothingToSend"
    assert datetime.fromisoformat(early["expected_start_time"]) == later
    assert CaughtMailbox(serving.folder / "mailbox").count() == 0

    schedule(serving.context, WEEK, None, by="editor")

    until("every subscriber got it", lambda: CaughtMailbox(serving.folder / "mailbox").count() == len(SUBSCRIBERS))
    assert len(serving.runs("send-edition/approved")) == 2
    until("the edition is sent", lambda: load(serving.context, WEEK).status is EditionStatus.SENT)
    assert load(serving.context, WEEK).counts.sent == len(SUBSCRIBERS)
    sent = until(
        "the run that sent it is over",
        lambda: [run for run in serving.runs("send-edition/approved") if run["state"]["name"] == "Completed"],
    )
    assert [(run["name"], run["state"]["message"]) for run in sent] == [(f"send {WEEK}", f"{WEEK}: 3 sent, 0 failed")]
    artifacts = serving.api.post("/artifacts/latest/filter", json={}).raise_for_status().json()
    assert {"source-health", f"edition-{WEEK}".lower()} <= {artifact["key"] for artifact in artifacts}
    assert "https://desk.example.org/editions/2026-W10" in str(artifacts)
    assert not any(subscriber in str(artifacts) for subscriber in SUBSCRIBERS)
    log_lines = until(
        "the log is on the run's page",
        lambda: [text for text in serving.log() if "posts chosen" in text] and serving.log(),
    )
    assert any(text.startswith(f"{WEEK}: Revision 1: ") for text in log_lines)
    assert not any(subscriber in text for text in log_lines for subscriber in SUBSCRIBERS)


def test_running_the_week_again_changes_nothing(serving: PrefectSetup) -> None:
    before = load(serving.context, WEEK)
    begun = serving.run("weekly-digest/weekly", week=str(WEEK))
    ended = until("the week ran again", lambda: (state := serving.state(begun))["type"] not in UNDER_WAY and state)
    assert (ended["type"], ended["message"]) == ("COMPLETED", f"{WEEK} was sent before"), (
        str(ended) + (serving.folder / "serve.log").read_text()
    )
    after = load(serving.context, WEEK)
    assert (after.status, after.row.revision, after.counts) == (before.status, before.row.revision, before.counts)
    assert CaughtMailbox(serving.folder / "mailbox").count() == len(SUBSCRIBERS)


def test_a_stranger_on_the_machine_cannot_run_code_through_the_server(prefect: PrefectSetup) -> None:
    with httpx.Client(base_url=prefect.api.base_url, timeout=20, trust_env=False) as stranger:
        assert stranger.post("/deployments/filter", json={}).status_code == 401
        wrong = stranger.post("/deployments/filter", json={}, auth=("demo", "demo"))
    assert wrong.status_code == 401
    assert prefect.api.post("/deployments/filter", json={}).status_code == 200


def test_prefect_s_telemetry_is_off(prefect: PrefectSetup) -> None:
    settings = prefect.api.get("/admin/settings").raise_for_status().json()
    assert settings["server"]["analytics_enabled"] is False
    assert prefect.environment["DO_NOT_TRACK"] == "1"
