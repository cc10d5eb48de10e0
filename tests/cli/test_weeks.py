"""Which week a command means, weeks that have not closed, and what `status`, `send` and `editions list` say of all."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from digest.demo.sample_web import SampleWeb
from digest.services import crontab
from digest.week import Week
from tests.cli.commands import digest

WEEK, OPEN, NEXT = "2026-W10", "2030-W01", "2026-W11"
NOW, A_WEEK_LATER = "2026-03-09T06:30:00+00:00", "2026-03-16T06:30:00+00:00"


def at(folder: Path, *arguments: str, now: str = NOW) -> subprocess.CompletedProcess[str]:
    done = digest(*arguments, cwd=folder, DIGEST_NOW=now)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a draft of the last closed week, a subscriber and no mail server."""
    folder = tmp_path_factory.mktemp("weeks")
    with SampleWeb(Week.parse(WEEK)) as web:
        source = web.sources()[0]
        (folder / "digest.toml").write_text(
            '[newsletter]\ntitle = "T"\nfrom = "digest@example.org"\n[smtp]\nport = 1\n'
            '[collect]\nallow_networks = ["127.0.0.0/8"]\n'
            f'[[sources]]\nname = "{source["name"]}"\nfeed = "{source["feed"]}"\n'
        )
        at(folder, "subscribers", "add", "ada@example.org")
        assert at(folder, "run").returncode == 4
    return folder


@pytest.fixture
def folder(composed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(composed, tmp_path / "newsletter"))


def unfinished(folder: Path, now: str = NOW) -> list[tuple[str, str]]:
    done = at(folder, "status", "--json", now=now)
    weeks = [(each["week"], each["state"]) for each in json.loads(done.stdout)["unfinished"]]
    assert done.returncode == (4 if weeks else 0)
    return weeks


def test_an_edition_without_a_month_has_no_monthly_mail(composed: Path) -> None:
    done = at(composed, "show", WEEK, "--monthly", "--format", "text")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"The edition {WEEK} has no monthly mail." in done.stderr
    assert "`digest status WEEK`" in done.stderr
    assert "--monthly needs --format." in at(composed, "show", WEEK, "--monthly").stderr


@pytest.mark.parametrize("command", [("compose", "--week"), ("run",), ("approve",), ("send",)])
def test_a_week_that_has_not_closed_is_refused(composed: Path, command: tuple[str, ...]) -> None:
    done = at(composed, *command, OPEN)
    assert done.returncode == 2, done.stderr
    assert f"The week {OPEN} has not closed yet: it closes 2030-01-07 00:00 (Europe/London)." in done.stderr
    assert f"The last week that has closed is {WEEK}." in done.stderr
    assert OPEN not in at(composed, "editions", "list").stdout
    status = at(composed, "status", OPEN)
    assert "Next: has no edition yet; its draft is made 2030-01-07 06:00 UTC\n" in status.stdout, "no compose, either"


def test_an_early_edition_hides_no_other_and_an_empty_one_is_never_approved(folder: Path) -> None:
    early = at(folder, "compose", "--week", OPEN, "--early")
    assert (early.returncode, "0 posts" in early.stdout) == (0, True)
    assert f"Next: draft without posts: add some (`digest preview`), or `digest skip {OPEN}`" in (
        at(folder, "status", OPEN).stdout
    )
    assert unfinished(folder) == [(WEEK, "draft")]
    assert at(folder, "status").stdout.startswith(f"{WEEK}  draft")
    refused = at(folder, "approve", OPEN, "--early")
    assert (refused.returncode, "This edition has no posts." in refused.stderr) == (4, True)
    assert f"Approved {WEEK}" in at(folder, "approve").stdout
    assert unfinished(folder) == [(WEEK, "due")]
    assert at(folder, "skip", OPEN).returncode == 0
    assert at(folder, "status").stdout.startswith(f"{WEEK}  approved")
    assert f"{WEEK}: " in at(folder, "send", "--dry-run").stdout


def test_what_cron_runs_prints_only_what_is_wrong(folder: Path) -> None:
    collected = at(folder, "collect", "--force", "--quiet")
    assert (collected.returncode, collected.stdout) == (1, "")
    assert "warning: " in collected.stderr, "nobody answers there"
    (folder / "returned").mkdir()
    for part in ("new", "cur", "tmp"):
        (folder / "returned" / part).mkdir()
    for command in (("bounces", "read", "--mailbox", "returned"), ("backup", "backups/")):
        done = at(folder, *command, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), command
    assert all(line.endswith(" --quiet") for line in crontab("digest", "/srv/digest.toml"))


def test_an_edition_without_posts_says_that_skipping_settles_it(folder: Path) -> None:
    for command in (("compose", "--week", NEXT), ("hold", NEXT)):
        assert at(folder, *command, now="2026-03-23T06:30:00+00:00").returncode == 0
        status = json.loads(at(folder, "status", NEXT, "--json", now="2026-03-23T06:30:00+00:00").stdout)
        assert f"without posts: add some (`digest preview`), or `digest skip {NEXT}`" in status["next"]
        assert status["unfinished"][0]["remedy"] == f"digest skip {NEXT}"
    later = at(folder, "run", "--no-send", now="2026-03-30T06:30:00+00:00")
    assert "without posts: add some (`digest preview`), or `digest skip 2026-W13`" in later.stdout


def test_sending_what_is_due_prints_one_json_object_whatever_is_due(folder: Path) -> None:
    nothing = at(folder, "send", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)["sent"], json.loads(nothing.stdout)["editions"]) == (
        4,
        0,
        [],
    )
    assert at(folder, "approve").returncode == 0
    assert json.loads(at(folder, "send", "--dry-run", "--json").stdout)["week"] == WEEK


def test_an_edition_that_may_not_be_sent_does_not_keep_another_one_back(folder: Path) -> None:
    assert at(folder, "compose", "--week", "2026-W09").returncode == 0
    assert at(folder, "approve", "2026-W09").returncode == 0
    settings = folder / "digest.toml"
    settings.write_text(settings.read_text().replace('title = "T"', 'title = "Another"'))
    assert at(folder, "compose").returncode == 0
    assert at(folder, "approve").returncode == 0
    both = at(folder, "send", "--dry-run", "--quiet")
    assert f"{WEEK}: 0 sent, 1 queued" in both.stdout
    assert "warning: The edition 2026-W09 is not what was approved" in both.stderr
    assert both.returncode == 4


def test_an_edition_approved_before_its_week_has_closed_waits_until_then(folder: Path) -> None:
    wednesday = "2026-03-04T12:00:00+00:00"
    assert at(folder, "approve", WEEK, now=wednesday).returncode == 2
    assert at(folder, "approve", WEEK, "--early", now=wednesday).returncode == 0
    assert "Nothing to send" in at(folder, "send", now=wednesday).stderr
    assert at(folder, "send", WEEK, now=wednesday).returncode == 2
    assert "1 queued" in at(folder, "send", WEEK, "--early", "--dry-run", now=wednesday).stdout
    assert "1 queued" in at(folder, "send", "--dry-run", now="2026-03-09T00:00:00+00:00").stdout


def test_a_draft_does_not_vanish_behind_the_next_week(folder: Path) -> None:
    assert unfinished(folder, "2026-03-16T05:00:00+00:00") == [(WEEK, "draft")]
    assert unfinished(folder, A_WEEK_LATER) == [(WEEK, "draft"), (NEXT, "missing")]
    status = at(folder, "status", now=A_WEEK_LATER)
    assert f"  {WEEK} waits for approval since 2026-03-09 06:30 UTC: `digest approve {WEEK}`\n" in status.stdout
    assert f"  {NEXT} has no edition since 2026-03-16 06:00 UTC" in status.stdout

    quiet = at(folder, "send", "--quiet", now=A_WEEK_LATER)
    assert (quiet.returncode, quiet.stdout) == (4, "")
    assert f"warning: {WEEK} waits for approval" in quiet.stderr
    assert f"warning: {NEXT} has no edition" in quiet.stderr

    for state in ("has no edition", "was skipped"):
        unnamed = at(folder, "approve", now=A_WEEK_LATER)
        assert unnamed.returncode == 2
        assert f"{NEXT} {state}." in unnamed.stderr
        assert f"These wait: {WEEK}. Name one: `digest approve {WEEK}`." in unnamed.stderr
        assert at(folder, "skip", NEXT, now=A_WEEK_LATER).returncode == 0
    assert unfinished(folder, A_WEEK_LATER) == [(WEEK, "draft")]
    assert at(folder, "skip", WEEK, now=A_WEEK_LATER).returncode == 0
    assert unfinished(folder, A_WEEK_LATER) == []
    assert at(folder, "send", "--quiet", now=A_WEEK_LATER).returncode == 0


def test_a_run_for_cron_makes_the_draft_once_its_time_has_come(folder: Path) -> None:
    before, after = "2026-03-16T05:59:00+00:00", A_WEEK_LATER
    early = at(folder, "run", "--no-send", "--due", now=before)
    assert (early.returncode, early.stdout) == (0, "")
    assert f"The draft of {NEXT} is made 2026-03-16 06:00 (Europe/London)." in early.stderr
    assert at(folder, "run", "--no-send", "--due", "--quiet", now=before).stderr == ""
    assert f"{NEXT}: draft" in at(folder, "run", "--no-send", "--due", now=after).stdout
    again = at(folder, "run", "--no-send", "--due", now="2026-03-18T12:00:00+00:00")
    assert (again.returncode, f"The edition {NEXT} is there: draft." in again.stderr) == (0, True)
    assert at(folder, "run", NEXT, "--due", now=after).returncode == 2


@pytest.mark.parametrize("rule", ["next-working-day", "skip", "run"])
def test_a_public_holiday_moves_or_skips_the_draft_that_was_due_on_it(folder: Path, rule: str) -> None:
    path = folder / "digest.toml"
    path.write_text(f'{path.read_text()}\n[schedule]\nholidays = "MX"\non_holiday = "{rule}"\n')
    run, tuesday = ("run", "--no-send"), "2026-03-17T06:00:00+00:00"
    before, on_the_day = unfinished(folder, "2026-03-16T05:00:00+00:00"), at(folder, *run, now=A_WEEK_LATER)
    assert before == [(WEEK, "draft")]
    holiday = "16 March 2026 is Benito Juárez's birthday"
    if rule == "run":
        assert f"{NEXT}: draft" in on_the_day.stdout
        return
    assert (on_the_day.returncode, on_the_day.stdout) == (0, "")
    assert holiday in on_the_day.stderr
    assert f"`digest run {NEXT}` runs it all the same." in on_the_day.stderr
    assert unfinished(folder, A_WEEK_LATER) == [(WEEK, "draft")], "nothing is missing yet"
    if rule == "skip":
        assert f"{NEXT} has no edition, as {holiday}." in at(folder, *run, now=tuesday).stderr
        assert unfinished(folder, "2026-03-20T06:00:00+00:00") == [(WEEK, "draft")]
        assert f"{NEXT}  holiday" in at(folder, "editions", "list", now=tuesday).stdout
        assert f"Next: has no edition, as {holiday}\n" in at(folder, "status", now=tuesday).stdout
        return
    assert unfinished(folder, tuesday) == [(WEEK, "draft"), (NEXT, "missing")]
    assert f"{NEXT}: draft" in at(folder, *run, "--due", now=tuesday).stdout


def test_the_list_of_editions_has_every_week_since_the_first(folder: Path) -> None:
    later = "2026-03-30T12:00:00+00:00"
    assert at(folder, "skip", NEXT, now=later).returncode == 0
    rows = json.loads(at(folder, "editions", "list", "--json", now=later).stdout)["weeks"]
    assert [(row["week"], row["state"]) for row in rows] == [
        (WEEK, "draft"),
        (NEXT, "skipped"),
        ("2026-W12", "missing"),
        ("2026-W13", "missing"),
    ]
    lines = at(folder, "editions", "list", now=later).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[row["week"], row["state"]] for row in rows]
