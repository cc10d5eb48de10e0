"""The forms about sources: look at a site and add it, pause, theme, selector, a move, a list of feeds."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.errors import DigestError, UsageError
from digest.model import Source
from digest.steps.collecting import change_source
from digest.steps.collecting.add_source import import_list, in_our_form
from digest.steps.collecting.edit_settings import mark_of
from digest.steps.collecting.preview_source import preview_source
from digest.steps.composing.try_selector import try_selector
from digest.text import plural
from digest.web.desk import plots
from digest.web.desk.desk import Desk
from digest.web.desk.form_handling import FormHandler, field
from digest.web.desk.page_forms import LARGEST_FORM, page_form
from digest.web.desk.source_words import source_url
from digest.web.desk.sources import show_source, show_sources
from digest.web.desk.who.texts_in_transit import form_or_none
from digest.web.form_tokens import is_same_origin


def routes(desk: Desk) -> list[BaseRoute]:
    """Return the forms' routes. A source's name is a field, so that no name is taken for a verb."""
    handlers: tuple[tuple[str, FormHandler], ...] = (
        ("look", _look),
        ("add", _add),
        ("import", _import),
        ("pause", _pause),
        ("resume", _resume),
        ("theme", _theme),
        ("selector", _selector),
        ("move", _move),
    )
    return [
        Route(f"/sources/{verb}", page_form(desk, handler, _look_again if verb == "add" else _again), methods=["POST"])
        for verb, handler in handlers
    ]


def _again(desk: Desk, request: Request, form: FormData, *, status: int, error: DigestError) -> Response:
    """Show the page that the form came from, with what was typed."""
    typed = {name: field(form, name) for name in ("address", "name", "theme", "selector") if name in form}
    name = field(form, "source")
    if name and any(source.name == name for source in desk.settings.sources) and field(form, "from") != "list":
        return show_source(desk, request, name, status=status, error=error, typed=typed)
    return show_sources(desk, request, status=status, error=error, typed=typed)


# --- A new source -----------------------------------------------------------------------------------------------------


def _look(desk: Desk, request: Request, form: FormData) -> Response:
    """Show what a site would bring. Nothing is written."""
    return _show_preview(desk, request, form)


def _look_again(desk: Desk, request: Request, form: FormData, *, status: int, error: DigestError) -> Response:
    """Show a feed that could not be added once more, with the name and the theme that were typed."""
    try:
        return _show_preview(desk, request, form, status=status, error=error)
    except DigestError:
        return _again(desk, request, form, status=status, error=error)


def _show_preview(
    desk: Desk, request: Request, form: FormData, *, status: int = 200, error: DigestError | None = None
) -> Response:
    mark = mark_of(desk.settings.path)
    address = field(form, "address")
    if not address.strip():
        raise UsageError("Write a site's address.", "One such as https://gds.blog.gov.uk/.")
    preview = preview_source(desk.context, address, theme=field(form, "theme"))
    weeks = f"Posts a week that the feed shows, the last {len(preview.a_week)} weeks: {plots.in_words(preview.a_week)}"
    return desk.page(
        request,
        "source_preview.html.j2",
        status=status,
        error=error,
        preview=preview,
        name=field(form, "name") if error else preview.source.name,
        plot=plots.columns(weeks, preview.a_week),
        address=address,
        mark=mark,
        known_url=source_url(preview.known),
        themes=desk.settings.themes,
        titles=_titles(desk),
    )


def _add(desk: Desk, request: Request, form: FormData) -> Response:
    source = Source(field(form, "name"), field(form, "address"), field(form, "site"), field(form, "theme"))
    added = change_source.add(desk.context, source, mark=field(form, "seen"), by=desk.editor_name(request))
    if added.verdict == "known":
        raise UsageError(f"Nothing was written: this feed is {added.reason}.", "Look at it in the list.")
    return desk.redirect(source_url(added.name), f"Added {added.name}. Its posts come with the next collecting.")


def _import(desk: Desk, request: Request, form: FormData) -> Response:
    """Show a verdict on each feed of a list; add them if that was seen and agreed to."""
    mark = mark_of(desk.settings.path)
    agreed = field(form, "list")
    content = agreed.encode() if agreed else _uploaded(form)
    if not content.strip():
        raise UsageError("Choose a file first.", "An OPML file, exported by a feed reader.")
    if agreed:
        added = import_list(desk.settings, content, mark=field(form, "seen"))
        change_source.record_import(desk.context, added, by=desk.editor_name(request))
        number = sum(each.verdict == "added" for each in added)
        return desk.redirect("/sources", f"Added {plural(number, 'source')}.")
    rows = import_list(desk.settings, content, dry_run=True)
    return desk.page(
        request,
        "sources_import.html.j2",
        rows=rows,
        new=sum(each.verdict == "added" for each in rows),
        list=in_our_form(desk.settings, content),
        mark=mark,
    )


def _uploaded(form: FormData) -> bytes:
    file = form.get("file")
    return file.file.read() if isinstance(file, UploadFile) else b""


# --- One source -------------------------------------------------------------------------------------------------------


def _pause(desk: Desk, request: Request, form: FormData) -> Response:
    return _changed(desk, request, form, "Paused {}: it is visited no more.", active=False)


def _resume(desk: Desk, request: Request, form: FormData) -> Response:
    return _changed(desk, request, form, "{} is followed again.", active=True)


def _changed(desk: Desk, request: Request, form: FormData, flash: str, *, active: bool) -> Response:
    name = field(form, "source")
    change_source.set_active(desk.context, name, active=active, mark=field(form, "seen"), by=desk.editor_name(request))
    return _back(desk, form, flash.format(name))


def _theme(desk: Desk, request: Request, form: FormData) -> Response:
    name, theme = field(form, "source"), field(form, "theme")
    change_source.set_theme(desk.context, name, theme, mark=field(form, "seen"), by=desk.editor_name(request))
    title = _titles(desk).get(theme, "")
    return _back(desk, form, f"Its usual theme is {title}." if theme else "It has no usual theme.")


def _selector(desk: Desk, request: Request, form: FormData) -> Response:
    """Try what was typed, or save it."""
    name, selector = field(form, "source"), field(form, "selector")
    if field(form, "do") == "try":
        trial = try_selector(desk.context, name, selector)
        return show_source(desk, request, name, typed={"selector": selector}, trial=trial)
    change_source.set_selector(desk.context, name, selector, mark=field(form, "seen"), by=desk.editor_name(request))
    return _back(desk, form, "Selector saved." if selector.strip() else "Its pages are read without a selector.")


def _move(desk: Desk, request: Request, form: FormData) -> Response:
    name, feed = field(form, "source"), field(form, "feed")
    change_source.accept_move(desk.context, name, feed, mark=field(form, "seen"), by=desk.editor_name(request))
    return _back(desk, form, f"{name} is now followed at {feed}.")


def _back(desk: Desk, form: FormData, flash: str) -> Response:
    return desk.redirect("/sources" if field(form, "from") == "list" else source_url(field(form, "source")), flash)


def _titles(desk: Desk) -> dict[str, str]:
    return {theme.key: theme.title for theme in desk.settings.themes} | {"elsewhere": "Elsewhere"}


# --- After the log-in has ended ---------------------------------------------------------------------------------------


async def page_after_login(request: Request) -> str:
    """Return the page that a form about sources came from, with the address or selector that was typed.

    "" for another form. GET fills the fields in and changes nothing.
    """
    if not request.url.path.startswith("/sources/") or not is_same_origin(request.headers):
        return ""
    form = await form_or_none(request, max_files=1, max_fields=50, max_part_size=LARGEST_FORM)
    if form is None:
        return "/sources"
    if request.url.path == "/sources/selector":
        place = source_url(field(form, "source"))
        return f"{place}{'&' if '?' in place else '?'}selector={quote(field(form, 'selector'), safe='')}"
    address = field(form, "address")
    return f"/sources?address={quote(address, safe='')}" if address else "/sources"
