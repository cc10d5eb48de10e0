"""Format editions and their status as text and JSON."""

from __future__ import annotations

from typing import Any

from digest.cli.common import plain
from digest.collect import explain_failure
from digest.edition import month
from digest.edition.calendar import CalendarWeek
from digest.model import DeliveryCounts, Edition, EditionPost, SourceReport
from digest.steps.editing.edition_view import EditionView
from digest.steps.editing.revisions_sent import shares
from digest.steps.status import Status
from digest.text import plural, terminal_line
from digest.words.media_words import media_in_english


def _post_json(post: EditionPost) -> dict[str, Any]:
    return {
        "id": post.id,
        "title": post.title,
        "url": post.url,
        "source": post.source,
        "author": post.author,
        "published": post.published,
        "summary": post.summary,
        "summary_method": post.summary_method,
        "because": post.because,
        "also_on": [also.source for also in post.also_on],
        "words": post.words,
        "media": media_in_english(post.media),
        "image": post.image.url if post.image else None,
        "short": post.short,
        "late": post.late,
    }


def edition_json(view: EditionView) -> dict[str, Any]:
    """`digest show --json`."""
    edition = view.edition
    values: dict[str, Any] = plain(
        {
            "week": edition.week,
            "status": view.status,
            "revision": view.row.revision,
            "fingerprint": view.fingerprint,
            "subject": view.rendered.subject,
            "preheader": view.rendered.preheader,
            "bytes": len(view.rendered.html.encode()),
            "starts": edition.starts,
            "ends": edition.ends,
            "introduction": edition.introduction,
            "approval": view.approval,
            "sections": _sections_json(edition),
            "month": _month_json(view),
            "left_out": edition.left_out,
            "sources": edition.sources,
            "findings": view.findings,
            "deliveries": view.counts,
            "revisions": view.revisions,
        }
    )
    return values


def _sections_json(edition: Edition) -> list[dict[str, Any]]:
    return [
        {"theme": section.theme, "title": section.title, "posts": [_post_json(post) for post in section.posts]}
        for section in edition.sections
    ]


def _month_json(view: EditionView) -> dict[str, Any] | None:
    """What monthly subscribers get with the edition. Its mail is "" where it cannot be rendered as it was sent."""
    its, of_month = view.edition.month, view.edition.for_monthly
    if its is None or of_month is None:
        return None
    mail = view.month_mails[0].rendered if view.month_mails else None
    return {
        "months": its.months,
        "weeks": its.weeks,
        "subject": mail.subject if mail else "",
        "preheader": mail.preheader if mail else "",
        "bytes": len(mail.html.encode()) if mail else 0,
        "sections": _sections_json(of_month),
    }


def _month_lines(view: EditionView) -> list[str]:
    of_month = view.edition.for_monthly
    if of_month is None:
        return []
    size = f", {len(view.month_mails[0].rendered.html.encode()):,} bytes" if view.month_mails else ""
    lines = ["", f"{month.describe(view.edition)}{size}"]
    return lines + [f"  {post.title} — {post.source}, {post.published:%d %b %Y}" for post in of_month.posts]


def edition_text(view: EditionView, *, why: bool) -> str:
    edition, size = view.edition, len(view.rendered.html.encode())
    lines = [
        f"{edition.week}  {view.status.value}, revision {view.row.revision}, {size:,} bytes",
        f"Subject: {view.rendered.subject}",
    ]
    if view.voided and view.approval is None:
        lines.append(f"The last approval is void: {view.voided}.")
    for section in edition.sections:
        lines += ["", section.title]
        for post in section.posts:
            media = f", {media_in_english(post.media)}" if post.media else ""
            lines.append(
                f"  {'· ' if post.short else ''}{post.title} — {post.source}, {post.published:%d %b %Y}{media}"
            )
            lines += [f"      {sentence}" for sentence in post.summary]
            if why:
                lines += [f"      because: {reason}" for reason in post.because]
    lines += _month_lines(view)
    lines += ["", f"Left out: {len(edition.left_out)}"]
    lines += [f"  {entry.title or entry.url} — {entry.source}: {entry.reason}" for entry in edition.left_out]
    troubled = [source for source in edition.sources if source.outcome.value not in ("ok", "unchanged")]
    lines += ["", f"Sources: {len(edition.sources)}, {len(troubled)} failing"]
    lines += [f"  {line}" for line in dict.fromkeys(map(_trouble, troubled))]
    if view.findings:
        lines += ["", "Preflight:"]
        lines += [
            f"  {finding.severity.value}: {finding.message} {finding.remedy}".rstrip() for finding in view.findings
        ]
    return "\n".join(map(terminal_line, lines))


def _trouble(source: SourceReport) -> str:
    """What is about this machine is the same line for all sources."""
    own = source.reason == explain_failure.NO_NAMES
    return source.reason if own else f"{source.name}: {source.outcome.value}: {source.reason}"


def week_row(each: CalendarWeek) -> dict[str, Any]:
    """A week of `digest status --json` and `digest editions list --json`."""
    counts = each.facts.counts if each.facts else DeliveryCounts()
    values: dict[str, Any] = plain(
        {
            "week": each.week,
            "state": each.state,
            "unfinished": each.is_unfinished,
            "since": each.since,
            "closes": each.closes,
            "posts": each.posts,
            "counts": counts,
            "about": each.about,
            "remedy": each.remedy,
        }
    )
    return values


def status_text(status: Status) -> str:
    state = status.status.value if status.status else "not composed"
    lines = [
        (
            f"{status.week}  {state}, revision {status.revision}, "
            f"{plural(status.posts, 'post')}, {status.left_out} left out"
        )
    ]
    if status.months:
        lines.append(f"Monthly subscribers get {' and '.join(status.months)}")
    if status.approved_by:
        lines.append(f"Approved by {status.approved_by} at {status.approved_at:%Y-%m-%d %H:%M} UTC")
    lines += filter(None, [shares(status.revisions)])
    return "\n".join(map(terminal_line, [*lines, status.counts.equation, f"Next: {status.next}"]))
