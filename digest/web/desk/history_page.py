"""`/editions/W/history`: what was changed from what to what, by whom and when; any revision can be restored."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from digest.steps.editing.edition_view import load_edition
from digest.steps.editing.history import entries, sittings
from digest.steps.editing.history_export import as_csv, as_rows
from digest.web.desk.desk import Desk
from digest.web.desk.week_in_path import week_of
from digest.web.desk.workbench_values import EDITABLE


def routes(desk: Desk) -> list[BaseRoute]:
    def page(request: Request) -> Response:
        week = week_of(request)
        row, edition = load_edition(desk.context, week)
        values: dict[str, Any] = {"week": week, "edition": edition, "row": row, "editable": row.status in EDITABLE}
        rows = entries(desk.context, week)
        return desk.page(request, "history.html.j2", sittings=sittings(rows), number=len(rows), **values)

    def export(request: Request) -> Response:
        week, kind = week_of(request), request.path_params["kind"]
        load_edition(desk.context, week)
        rows = entries(desk.context, week)
        headers = {"Content-Disposition": f'attachment; filename="{week}-history.{kind}"'}
        if kind == "csv":
            return Response(as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
        if kind == "json":
            return JSONResponse(as_rows(rows), headers=headers)
        raise HTTPException(404)

    return [Route("/editions/{week}/history", page), Route("/editions/{week}/history.{kind}", export)]
