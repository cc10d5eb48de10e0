"""The report of an edition as CSV, and as the text of a mail. Pure."""

from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

from digest.edition import month
from digest.steps.sending.report import Answer, EditionReport
from digest.subscribers.csv_file import row_writer

COLUMNS = ("week", "domain", "subscribers", "sent", "deferred", "failed", "uncertain", "suppressed", "waiting",
           "bounced", "on_hold", "left", "complained", "answers")  # fmt: skip


def as_csv(report: EditionReport) -> str:
    """Return the numbers of the whole edition, then of each domain."""
    file = io.StringIO(newline="")
    write = row_writer(file)
    write(COLUMNS)
    result, counts = report.result, report.result.counts
    waiting = counts.queued + counts.sending
    states = (counts.sent, counts.deferred, counts.failed, counts.uncertain, counts.suppressed, waiting)
    after = (result.bounced, result.on_hold, result.left, result.complained)
    write([str(result.week), "all", counts.candidates, *states, *after, ""])
    for domain in report.domains:
        numbers = domain.numbers
        names = ("sent", "deferred", "failed", "uncertain", "suppressed")
        answers = "; ".join(f"{one.number} x {_words(one)}" for one in domain.listed_answers())
        of_domain = [numbers[name] for name in names] + [numbers["queued"] + numbers["sending"]]
        came_back = (numbers["bounced"], numbers["on hold"])
        write([str(result.week), domain.domain, domain.total, *of_domain, *came_back, "", "", answers])
    return file.getvalue()


def as_text(report: EditionReport, zone: ZoneInfo) -> str:
    """Return the report in paragraphs, for the mail to editors."""
    result, counts = report.result, report.result.counts
    lines = [f"“{report.subject}”", ""]
    if result.started_at:
        took = f" and took {duration(result.took)}" if result.took is not None else ""
        lines += [f"Sending began on {result.started_at.astimezone(zone):%A %d %B at %H:%M}{took}."]
    if report.edition.month:
        lines += [f"{month.describe(report.edition)}."]
    if report.approved_by:
        lines += [f"Approved by {report.approved_by}."]
    lines += ["", f"  {counts.sent:,} of {counts.candidates:,} sent"]
    named = (
        (counts.queued + counts.sending, "waiting"),
        (counts.deferred, "deferred: tried again by itself"),
        (counts.failed, "failed: rejected for good"),
        (counts.uncertain, "uncertain: whether they arrived is not known"),
        (counts.suppressed, "left out: on the suppression list"),
        (result.bounced, "came back"),
        (result.on_hold, "bounces on hold: they wait for a decision"),
        (result.left, "left since"),
        (result.complained, "complained"),
    )
    lines += [f"  {number:,} {words}" for number, words in named if number]
    answers = [(domain.domain, one) for domain in report.domains for one in domain.listed_answers()][:12]
    if answers:
        lines += ["", "What servers said:", ""]
        lines += [f"  {domain}, {one.number:,}: {_words(one)}" for domain, one in answers]
    if report.earlier:
        last = report.earlier[-1]
        lines += ["", f"The edition before, {last.week}: {last.counts.sent:,} of {last.counts.candidates:,} sent."]
    return "\n".join(lines) + "\n"


def _words(one: Answer) -> str:
    return f"{one.words} ({one.codes})" if one.codes else one.words


def duration(took: timedelta) -> str:
    """Say how long: "a second", "48 seconds", "7 minutes", "2 h 5 min"."""
    seconds = max(0, round(took.total_seconds()))
    if seconds < 2:
        return "a second"
    if seconds < 90:
        return f"{seconds} seconds"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} minutes"
    return f"{minutes // 60} h {minutes % 60} min"
