"""`/editions/W/report`: what became of an edition, as a page to forward or print, and as CSV."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.edition import month
from digest.steps.sending.report import EditionReport, Result, edition_report
from digest.steps.sending.report_files import as_csv, duration
from digest.web.desk import plots
from digest.web.desk.desk import Desk
from digest.web.desk.formatting import week_title
from digest.web.desk.week_in_path import week_of


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        report = edition_report(desk.context, week_of(request))
        took = report.result.took
        return desk.page(
            request,
            "report.html.j2",
            week=report.result.week,
            report=report,
            month=month.describe(report.edition),
            took=duration(took) if took is not None else "",
            plot=_plot(report),
            against=[_row(one) for one in reversed((*report.earlier, report.result))],
        )

    def export(request: Request) -> Response:
        week = week_of(request)
        headers = {"Content-Disposition": f'attachment; filename="{week}-report.csv"'}
        text = as_csv(edition_report(desk.context, week))
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return [Route("/editions/{week}/report", page), Route("/editions/{week}/report.csv", export)]


def _lost(one: Result) -> int:
    return one.counts.failed + one.bounced + one.left + one.complained


def _plot(report: EditionReport) -> object:
    compared = [*report.earlier, report.result]
    sent = [one.counts.sent for one in compared]
    title = f"Mails sent, edition by edition: {plots.in_words(sent)}. Below the line, subscribers lost."
    return plots.columns(
        title, sent, [week_title(one.week) for one in compared], below=[_lost(one) for one in compared]
    )


def _row(one: Result) -> list[object]:
    counts = one.counts
    return [week_title(one.week), counts.sent, counts.failed, one.bounced, one.left, one.complained]
