"""A year of Mondays through the command line, as cron would run it, with what happens to a newsletter in a year.

After each week: every post that a feed has shown is in an edition or left out with a reason, every subscriber got the
edition once or the ledger says why not, and nothing was sent that nobody had approved. Monthly subscribers got each
month once, and no week.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import tomlkit

from digest.clock import Clock
from digest.demo.returned_mail import complaint, not_delivered, put_into
from digest.settings import load_settings
from digest.steps.context import Context
from digest.steps.subscribers.self_service import unsubscribe
from digest.store.engine import open_store
from digest.week import Week
from tests.cli.commands import digest
from tests.conftest import ROOT
from tests.mail.smtp.smtp_server import Accepted, SmtpServer, serving
from tests.soak.sources import Sources
from tests.steps.editor_changes import write_introduction
from tests.web_of_feeds import Web

FIRST, WEEKS = Week(2026, 2), 52
LONDON = ZoneInfo("Europe/London")
UNANSWERED, CHANGED_AFTER_APPROVAL = 15, 20  # weeks, counted from 1
KILLED = (12, 40)
RESTORED = 26
# Mondays in England on which nobody works, as gov.uk lists them.
BANK_HOLIDAYS = {date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25), date(2026, 8, 31), date(2026, 12, 28)}
REFUSED_FROM, RETURNED, COMPLAINED = 8, 21, 30
REFUSED = "nobody@gone.example"
MONTHLY = ("monica@example.org", "otis@example.org", "pia@example.net")
JOINED_MONTHLY, BECAME_MONTHLY = 22, 30


@dataclass
class Year:
    folder: Path
    sources: Sources
    server: SmtpServer
    now: datetime = datetime(2026, 1, 5, 6, tzinfo=LONDON)
    active: set[str] = field(default_factory=set)
    monthly: set[str] = field(default_factory=set)  # who asked for one mail a month, whether active or not
    months: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # that each of them was to get
    got: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # that each of them got
    accounted: set[str] = field(default_factory=set)  # URLs of posts in editions, or left out
    in_editions: Counter[str] = field(default_factory=Counter)
    read: int = 0  # messages of the server that were looked at

    # --- The program, as cron and people call it ---

    def run(self, *arguments: str, code: int | tuple[int, ...] = 0) -> subprocess.CompletedProcess[str]:
        done = digest(*arguments, cwd=self.folder, **self.environment)
        codes = (code,) if isinstance(code, int) else code
        assert done.returncode in codes, f"{self.now} {arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(*arguments, "--json", code=(0, 3, 4)).stdout)
        return found

    @property
    def environment(self) -> dict[str, str]:
        return {"DIGEST_NOW": self.now.isoformat(), "USER": "edith"}

    def run_killed(self, *arguments: str, after: int) -> None:
        """Run a command in a process of its own and kill it as soon as so many more messages were accepted."""
        until = len(self.server.accepted) + after
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while len(self.server.accepted) < until:
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @contextmanager
    def context(self) -> Iterator[Context]:
        settings = load_settings(self.folder / "digest.toml")
        store = open_store(settings.store_url)
        clock: Clock = lambda: self.now.astimezone(ZoneInfo("UTC"))  # noqa: E731  # it is one
        try:
            yield Context(settings, store, clock)
        finally:
            store.close()

    def mailed(self) -> list[Accepted]:
        """The messages of editions that the server has taken since the last look."""
        fresh, self.read = self.server.accepted[self.read :], len(self.server.accepted)
        return [one for one in fresh if b"\r\nList-Unsubscribe:" in one.message]


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Year]:
    with Web() as web, serving() as server:
        sources = Sources(web, seed=2026)
        settings = {
            "newsletter": {"title": "The Year", "from": "The Year <year@example.org>", "timezone": "Europe/London"},
            "schedule": {"compose": "0 6 * * MON", "send": "0 9 * * MON", "holidays": "GB-ENG"},
            "collect": {"allow_networks": ["127.0.0.0/8"], "retries": 0},
            "smtp": {"port": server.port, "connections": 4},
            "bounces": {"mailbox": "returned"},
            "sources": sources.settings(),
        }
        folder = tmp_path / "first machine"
        folder.mkdir()
        (folder / "digest.toml").write_text(tomlkit.dumps(settings), "utf-8")
        played = Year(folder, sources, server)
        for number in range(40):
            join(played, f"reader{number}@example.org")
        join(played, REFUSED)
        ask_for_months(played, *MONTHLY)
        yield played


def join(year: Year, email: str) -> None:
    year.run("subscribers", "add", email)
    year.active.add(email)


def ask_for_months(year: Year, *emails: str) -> None:
    """Subscribe by the month: new subscribers, and those who got each week until now."""
    for email in emails:
        year.run("subscribers", "add", email, "--frequency", "monthly")
    year.active.update(emails)
    year.monthly.update(emails)


def leave(year: Year, mail: Accepted) -> None:
    """By the link in a mail, as mail programs offer it."""
    token = str(message_from_bytes(mail.message)["List-Unsubscribe"]).rpartition("unsubscribe%20")[2].rstrip("> ")
    with year.context() as context:
        assert unsubscribe(context, token, how="link")
    year.active.discard(mail.recipient)


def monday_after(week: Week) -> date:
    return date.fromisocalendar(week.year, week.number, 1) + timedelta(days=7)


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


@pytest.mark.thorough
def test_a_year_in_which_everything_happens(year: Year) -> None:
    for number in range(1, WEEKS + 1):
        week = FIRST.shift(number - 1)
        live_through(year, week, number)
    assert set(year.sources.visible) <= year.accounted
    assert len(year.accounted) > 300
    assert year.in_editions.most_common(1)[0][1] == 1, "no post is in two editions"
    assert year.got == year.months, "each month once"
    names = [f"{date(2026, number, 1):%B} 2026" for number in range(1, 13)]
    assert names in year.months.values()
    assert len(year.monthly) == len(MONTHLY) + 2


def live_through(year: Year, week: Week, number: int) -> None:
    monday = monday_after(week)  # the working day on which the edition is made
    year.now = local(monday - timedelta(days=5), 12)
    year.sources.publish(local(monday - timedelta(days=7), 0), local(monday, 0), number)
    year.run("collect", code=(0, 3))
    if number % 2 == 0:
        join(year, f"new{number}@example.net")
    if number == JOINED_MONTHLY:
        ask_for_months(year, "quinn@example.org")
    if number == BECAME_MONTHLY:
        ask_for_months(year, next(email for email in sorted(year.active - year.monthly) if email.startswith("new")))

    if monday in BANK_HOLIDAYS:
        year.now = local(monday, 9)
        year.run("run", code=(0, 3, 4))
        year.run("show", str(week), code=2)
        assert year.mailed() == [], "nobody is there to approve it"
        monday += timedelta(days=1)
    year.now = local(monday, 6)
    year.run("run", "--no-send", code=(0, 3, 4))
    edition = year.json("show", str(week))
    check_posts(year, edition)

    if number == UNANSWERED:
        year.now = local(monday, 9)
        year.run("send", "--quiet", code=4)
        assert year.mailed() == [], "nobody has approved it"
        year.now = local(monday, 17)
        year.run("skip", str(week), "--reason", "nobody was here")
        return
    year.now = local(monday, 8, 30)
    year.run("approve", str(week))
    if number == CHANGED_AFTER_APPROVAL:
        with year.context() as context:
            write_introduction(context, week, "One more word.", by="Edith")
        year.now = local(monday, 9)
        year.run("send", "--quiet", code=4)
        assert year.mailed() == [], "the approval was for other words"
        year.run("approve", str(week))
    if number == RESTORED:
        restore_elsewhere(year, monday)
        year.run("approve", str(week))
    year.now = local(monday, 8, 59)
    if number != CHANGED_AFTER_APPROVAL:
        year.run("send", "--quiet")
        assert year.mailed() == [], "it is not nine o'clock in London"

    year.now = local(monday, 9)
    late = f"reader{number % 20}@example.org"
    if late in year.active:
        year.server.order("RCPT", "451 4.2.1 mailbox busy", about=late)
    if number >= REFUSED_FROM:
        year.server.order("RCPT", "550 5.1.1 no such user", about=REFUSED)
    if number in KILLED:
        year.server.delay = lambda: 0.01
        year.run_killed("send", "--quiet", after=9)
        year.server.delay = lambda: 0.0
    for hour in (9, 10, 12):
        year.now = local(monday, hour, 30)
        year.run("send", "--quiet", code=(0, 3, 4))
    check_deliveries(year, week, number)


def restore_elsewhere(year: Year, monday: date) -> None:
    """The machine dies when the edition is approved; another one takes over from the backup of that morning."""
    backup, folder = year.folder.parent / "backup.tar.gz", year.folder.parent / "second machine"
    year.run("backup", str(backup))
    year.run("restore", str(backup), "--into", str(folder))
    year.folder.rename(year.folder.with_name("broken machine"))
    year.folder = folder
    year.now = local(monday, 9)
    year.run("send", "--quiet", code=4)
    assert year.mailed() == [], "a restored machine sends nothing by itself"
    year.run("deliveries", "accept")


def check_posts(year: Year, edition: dict[str, Any]) -> None:
    """Every post that a feed has shown is in an edition, or left out with a reason."""
    inside = [post["url"] for section in edition["sections"] for post in section["posts"]]
    year.in_editions.update(inside)
    assert all(row["reason"] for row in edition["left_out"])
    year.accounted |= {*inside, *(row["url"] for row in edition["left_out"])}
    missing = year.sources.visible - year.accounted
    assert not missing, f"{edition['week']}: {[one for one in year.sources.published if one.url in missing]}"


def check_deliveries(year: Year, week: Week, number: int) -> None:
    """Everybody got it once, or the ledger says why not."""
    mails = year.mailed()
    copies = Counter(mail.recipient for mail in mails)
    rows = year.json("deliveries", "list", str(week))["deliveries"]
    states = {row["email"]: row["state"] for row in rows}
    active = check_months(year, week, mails)
    assert max(copies.values()) == 1, "nobody twice"
    assert set(states) >= active, "nobody skipped"
    sent = {email for email, state in states.items() if state == "sent"}
    uncertain = {email for email, state in states.items() if state == "uncertain"}
    assert sent <= set(copies) <= sent | uncertain
    assert bool(uncertain) <= (number in KILLED)
    assert len(uncertain) <= 4, "one a connection at most"
    refused = {REFUSED} & active if number >= REFUSED_FROM else set()
    assert active - refused == sent | uncertain
    assert {states[email] for email in refused} <= {"failed"}
    if number == REFUSED_FROM + 1:
        year.active.discard(REFUSED)  # the second edition in a row

    mail_back(year, number, mails)


def check_months(year: Year, week: Week, mails: list[Accepted]) -> set[str]:
    """Monthly subscribers get the month with its last edition. Return who should get a mail with this one."""
    last = monday_after(week) - timedelta(days=1)
    ends_month = last.month != (last + timedelta(days=7)).month
    for email in year.monthly & year.active if ends_month else ():
        year.months[email].append(f"{last:%B %Y}")
    for mail in mails:
        name = str(message_from_bytes(mail.message, policy=policy.default)["Subject"]).removeprefix("The Year, ")
        if mail.recipient in year.monthly:
            year.got[mail.recipient].append(name)
        else:
            assert name != f"{last:%B %Y}", "who reads each week gets no month"
    return year.active if ends_month else year.active - year.monthly


def mail_back(year: Year, number: int, mails: list[Accepted]) -> None:
    """What comes back in the days after, and who leaves."""
    year.now += timedelta(days=1)
    at = year.now
    if number in (RETURNED, COMPLAINED):
        mail = mails[3]
        report = not_delivered(mail.message, mail.recipient, at) if number == RETURNED else complaint(mail.message, at)
        put_into(year.folder / "returned", report, at)
        year.active.discard(mail.recipient)
        year.run("bounces", "read")
    elif number % 4 == 0:
        leave(year, mails[5])
