"""What a run leaves on Prefect's page: tables and links. Never an address or a secret."""

from __future__ import annotations

from collections.abc import Sequence

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact

from digest.model import Edition, SourceReport
from digest.steps.editing.revisions_sent import shares
from digest.steps.sending.sending_run import SendReport


async def publish_sources(reports: Sequence[SourceReport]) -> None:
    """The health of every source, as a table with a history."""
    rows = [
        {"source": row.name, "outcome": row.outcome.value, "entries": row.entries, "new": row.new, "reason": row.reason}
        for row in reports
    ]
    if rows:
        await acreate_table_artifact(key="source-health", table=rows, description="The last fetch of each source")


async def publish_edition(edition: Edition, status: str) -> None:
    lines = [f"# {edition.week}", "", f"Status: {status}, revision {edition.revision}", ""]
    lines += [f"- **{section.title}**: {len(section.posts)} posts" for section in edition.sections]
    lines += [f"- left out: {len(edition.left_out)}"]
    lines += ["", f"Open `/editions/{edition.week}` on the editor's desk (`digest preview`)."]
    await acreate_markdown_artifact(key=f"edition-{edition.week}".lower(), markdown="\n".join(lines))


async def publish_deliveries(report: SendReport) -> None:
    counts = ("sent", "deferred", "failed", "uncertain", "suppressed", "queued")
    rows = [{"state": name, "deliveries": getattr(report, name)} for name in counts]
    description = " ".join(filter(None, ("Every subscriber.", shares(report.revisions))))
    await acreate_table_artifact(key=f"deliveries-{str(report.week).lower()}", table=rows, description=description)
