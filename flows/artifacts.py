"""What a run leaves on Prefect's page: tables and links. Never an address or a secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact, acreate_table_artifact

from digest.edition import month
from digest.log import without_addresses
from digest.model import Edition, SourceReport
from digest.settings import Settings
from digest.steps.collecting.source_health import SourceHealth
from digest.steps.editing.revisions_sent import shares
from digest.steps.sending.report import EditionReport
from digest.steps.sending.sending_run import SendReport
from digest.text import plural

_COUNTS = ("sent", "deferred", "failed", "uncertain", "suppressed", "queued")


async def publish_sources(reports: Sequence[SourceReport], health: Iterable[SourceHealth]) -> None:
    """What this run fetched from each source, and the source's health, as a table with a history."""
    known = {one.name: one for one in health}
    rows = [_source_row(row, known.get(row.name)) for row in reports]
    if rows:
        await acreate_table_artifact(key="source-health", table=rows, description="The last fetch of each source")


def _source_row(row: SourceReport, health: SourceHealth | None) -> dict[str, Any]:
    fetched = {"source": row.name, "outcome": row.outcome.value, "entries": row.entries, "new": row.new}
    if health is None:
        return fetched | {"what to do": row.reason}
    return fetched | {
        "last good fetch": _moment(health.good_at),
        "failures in a row": health.failures,
        "newest post": _moment(health.newest_at),
        "silence": health.silence,
        "what to do": health.advice or row.reason,
    }


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


async def publish_edition(settings: Settings, edition: Edition, status: str) -> None:
    """The edition in short with a link to the desk, and each post of the week: in which section, or why left out."""
    key, desk = str(edition.week).lower(), settings.desk.address.rstrip("/")
    lines = [f"# {edition.week}", "", f"Status: {status}, revision {edition.revision}", ""]
    lines += [f"- **{section.title}**: {plural(len(section.posts), 'post')}" for section in edition.sections]
    lines += [f"- left out: {len(edition.left_out)}"]
    lines += [f"- {month.describe(edition)}"] if edition.month else []
    page = f"{desk}/editions/{edition.week}"
    where = f"[The editor's desk]({page})." if desk else f"Open `/editions/{edition.week}` on the desk."
    await acreate_markdown_artifact(key=f"edition-{key}", markdown="\n".join([*lines, "", where]))
    if desk:
        await acreate_link_artifact(key=f"desk-{key}", link=page, link_text=f"{edition.week} on the editor's desk")
    if rows := _post_rows(edition):
        await acreate_table_artifact(key=f"posts-{key}", table=rows, description="Posts of the week: in, and left out")


def _post_rows(edition: Edition) -> list[dict[str, str]]:
    rows = [
        {"title": post.title, "source": post.source, "in": section.title, "because": "; ".join(post.because)}
        for section in edition.sections
        for post in section.posts
    ]
    left_out = [
        {"title": post.title, "source": post.source, "in": "left out", "because": post.reason}
        for post in edition.left_out
    ]
    return [*rows, *left_out]


async def publish_deliveries(report: SendReport, results: EditionReport | None) -> None:
    """How many deliveries are in which state, and what servers answered for the domains with troubles."""
    key = str(report.week).lower()
    rows = [{"state": name, "deliveries": getattr(report, name)} for name in _COUNTS]
    description = " ".join(filter(None, ("Every subscriber.", shares(report.revisions))))
    await acreate_table_artifact(key=f"deliveries-{key}", table=rows, description=description)
    troubles = _trouble_rows(results) if results else []
    if troubles:
        await acreate_table_artifact(key=f"refusals-{key}", table=troubles, description="What mail servers answered")


def _trouble_rows(results: EditionReport) -> list[dict[str, Any]]:
    return [
        {
            "domain": domain.domain,
            "mails": domain.total,
            "with troubles": domain.troubles,
            "answer": without_addresses(answer.words),
            "code": answer.codes,
            "times": answer.number,
        }
        for domain in results.domains
        for answer in domain.listed_answers()
    ]
