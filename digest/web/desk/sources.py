"""`/sources` and `/sources/NAME`: how the sources are, and what each has published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError
from digest.model import Source
from digest.steps.collecting.add_source import export_opml
from digest.steps.collecting.change_source import find_source
from digest.steps.collecting.edit_settings import mark_of
from digest.steps.collecting.preview_source import weekly
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.composing.try_selector import SelectorTrial
from digest.store.source_posts import latest_of, moments
from digest.web.desk import plots
from digest.web.desk.desk import Desk
from digest.web.desk.source_words import WORST_FIRST, new_address, source_url, tone, why, word

WEEKS_IN_LIST, WEEKS_ON_PAGE = 12, 26
PAGE = 100  # sources
_LATEST = 10  # posts of a source


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source as the list shows it."""

    health: SourceHealth
    tone: str
    word: str
    why: list[str]
    url: str
    new_address: str
    plot: Markup


def routes(desk: Desk) -> list[BaseRoute]:
    def index(request: Request) -> Response:
        return show_sources(desk, request, typed={"address": request.query_params.get("address", "")})

    def page(request: Request) -> Response:
        name = request.path_params["name"] or request.query_params.get("name", "")
        asked = request.query_params.get("selector", "")
        return show_source(desk, request, name, typed={"selector": asked} if asked else None)

    def export(request: Request) -> Response:
        del request  # asked for by Starlette
        return Response(
            export_opml(desk.settings),
            media_type="text/x-opml",
            headers={"Content-Disposition": 'attachment; filename="sources.opml"'},
        )

    return [Route("/sources", index), Route("/sources.opml", export), Route("/sources/{name:path}", page)]


def show_sources(
    desk: Desk,
    request: Request,
    *,
    status: int = 200,
    error: DigestError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Render the list: what needs a look first. `typed` is what was typed into the form for a new one."""
    mark = mark_of(desk.settings.path)  # before the settings are read: a later change is refused
    context = desk.context
    health = source_health(context)
    words = request.query_params.get("q", "").strip()[:200]
    cause = finding(health)
    matches = [each for each in health if words.casefold() in f"{each.name} {each.feed}".casefold()]
    matches.sort(key=lambda each: (WORST_FIRST.index(tone(each)), each.name.casefold()))
    number = _page_number(request, len(matches))
    on_page = matches[(number - 1) * PAGE : number * PAGE]
    now = context.clock()
    with context.store.reading() as connection:
        published = moments(connection, now - timedelta(weeks=WEEKS_IN_LIST))
    return desk.page(
        request,
        "sources.html.j2",
        status=status,
        error=error,
        rows=[source_row(each, cause, published.get(each.name, []), now) for each in on_page],
        counts={kind: sum(tone(each) == kind for each in health) for kind in WORST_FIRST},
        total=len(health),
        matching=len(matches),
        finding=cause,
        problem=desk.live.problem,
        mark=mark,
        words=words,
        number=number,
        pages=-(-len(matches) // PAGE),
        typed=typed or {},
        themes=context.settings.themes,
    )


def show_source(
    desk: Desk,
    request: Request,
    name: str,
    *,
    status: int = 200,
    error: DigestError | None = None,
    typed: Mapping[str, str] | None = None,
    trial: SelectorTrial | None = None,
) -> Response:
    """Render one source's page; with `trial`, what the selector that was typed chooses. Raises UsageError."""
    mark = mark_of(desk.settings.path)
    context = desk.context
    source = find_source(context.settings, name)
    health = next(each for each in source_health(context) if each.name == name)
    now = context.clock()
    with context.store.reading() as connection:
        published = moments(connection, now - timedelta(weeks=WEEKS_ON_PAGE), name).get(name, [])
        latest = [stored.post for stored in latest_of(connection, name, _LATEST)]
    counts = weekly(published, now, WEEKS_ON_PAGE)
    return desk.page(
        request,
        "source.html.j2",
        status=status,
        error=error,
        source=source,
        row=source_row(health, "", published, now),
        plot=plots.columns(f"Posts a week: {plots.in_words(counts)}", counts, _week_names(now, WEEKS_ON_PAGE)),
        weeks=list(zip(_week_names(now, WEEKS_ON_PAGE), counts, strict=True)),
        latest=latest,
        mark=mark,
        typed=typed_of(source, typed),
        trial=trial,
        themes=context.settings.themes,
    )


def source_row(health: SourceHealth, cause: str, published: list[datetime], now: datetime) -> SourceRow:
    counts = weekly(published, now, WEEKS_IN_LIST)
    title = f"Posts a week, the last {WEEKS_IN_LIST} weeks: {plots.in_words(counts)}"
    return SourceRow(
        health,
        tone(health),
        word(health),
        why(health, cause),
        source_url(health.name),
        new_address(health),
        plots.columns(title, counts) if any(counts) else Markup(""),
    )


def typed_of(source: Source, typed: Mapping[str, str] | None) -> dict[str, str]:
    """What the page's fields show: what was typed, else what the settings say."""
    return {"selector": source.selector, "theme": source.theme} | dict(typed or {})


def _week_names(now: datetime, weeks: int) -> list[str]:
    """Name each of the last weeks of seven days by its last day."""
    days = [now - timedelta(weeks=ago) for ago in reversed(range(weeks))]
    return [f"to {day.day} {day:%b}" for day in days]


def _page_number(request: Request, rows: int) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return min(max(number, 1), max(-(-rows // PAGE), 1))
