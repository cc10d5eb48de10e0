"""What `digest demo --once` prints: sources, themes, posts left out, deliveries, and seconds per step."""

from __future__ import annotations

from dataclasses import dataclass

from digest.demo.run import Demo
from digest.model import DeliveryCounts, LeftOut, SourceReport
from digest.steps.editing.edition_view import load
from digest.web.caught_mail import CaughtMailbox
from digest.week import Week


@dataclass(frozen=True, slots=True)
class DemoReport:
    week: Week
    subject: str
    sources: tuple[SourceReport, ...]
    posts: int
    left_out: tuple[LeftOut, ...]
    themes: dict[str, int]  # title of the section to how many posts it has
    html_bytes: int
    text_bytes: int
    deliveries: DeliveryCounts
    caught: int  # copies of the edition that the catcher received
    seconds: dict[str, float]
    total_seconds: float

    @property
    def complete(self) -> bool:
        """Whether every subscriber's mail was sent and arrived."""
        return 0 < self.deliveries.sent == self.caught == self.deliveries.candidates - self.deliveries.suppressed


def demo_report(demo: Demo, *, seconds: float) -> DemoReport:
    view = load(demo.context, demo.week)
    # One subscriber of the demo reads Welsh, others get the month.
    subjects = {mail.rendered.subject for mail in (*view.language_mails, *view.month_mails)}
    return DemoReport(
        week=demo.week,
        subject=view.rendered.subject,
        sources=view.edition.sources,
        posts=len(view.edition.posts),
        left_out=view.edition.left_out,
        themes={section.title: len(section.posts) for section in view.edition.sections},
        html_bytes=len(view.rendered.html.encode()),
        text_bytes=len(view.rendered.text.encode()),
        deliveries=view.counts,
        caught=sum(1 for mail in CaughtMailbox(demo.mailbox).messages() if mail.subject in subjects),
        seconds=dict(demo.timings.seconds),
        total_seconds=round(seconds, 1),
    )


def report_text(report: DemoReport) -> str:
    lines = [f"{report.week}  {report.subject}", "", f"Sources ({len(report.sources)})"]
    for source in report.sources:
        tail = f": {source.reason}" if source.reason else ""
        lines.append(f"  {source.outcome.value:9} {source.name}, {source.entries} entries{tail}")
    lines += ["", f"Posts: {report.posts} in the edition, {len(report.left_out)} left out"]
    lines += [f"  {title}: {count}" for title, count in report.themes.items()]
    lines += [f"  left out: {left.title} ({left.source}): {left.reason}" for left in report.left_out]
    lines += [
        "",
        f"Sizes: HTML {report.html_bytes:,} bytes, text {report.text_bytes:,} bytes",
        f"Deliveries: {report.deliveries.equation}; the mail catcher received {report.caught}",
        "",
        "Seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items()),
        f"Total: {report.total_seconds} s",
    ]
    return "\n".join(lines)
