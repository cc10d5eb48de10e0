"""Change one source in digest.toml: pause it, its theme, its selector, its address; add one that was looked at."""

from __future__ import annotations

from digest.errors import BusyError, UsageError
from digest.model import ELSEWHERE, AuditEvent, Source
from digest.read.article.selector import selector_problem
from digest.settings import Settings
from digest.steps.collecting.add_source import Added, add_to_settings
from digest.steps.collecting.edit_settings import change_source
from digest.steps.collecting.visit_outcomes import current_state
from digest.steps.context import Context
from digest.store import audit, sources

_LONGEST_NAME = 200


def find_source(settings: Settings, name: str) -> Source:
    """Return the source of that name. Raises UsageError."""
    for source in settings.sources:
        if source.name == name:
            return source
    raise UsageError(f"There is no source called {name[:_LONGEST_NAME]!r}.", "The list of sources shows all of them.")


def set_active(context: Context, name: str, *, active: bool, mark: str, by: str) -> None:
    """Pause a source, or go on with it."""
    _set(context, find_source(context.settings, name), "active", active, mark=mark, by=by)


def set_theme(context: Context, name: str, theme: str, *, mark: str, by: str) -> None:
    """Set the theme that a source's posts usually belong to; "" for none."""
    refuse_theme(context.settings, theme)
    _set(context, find_source(context.settings, name), "theme", theme, mark=mark, by=by)


def set_selector(context: Context, name: str, selector: str, *, mark: str, by: str) -> None:
    """Set the CSS selector of the article on a source's pages; "" for none."""
    selector = selector.strip()
    if selector and (problem := selector_problem(selector)):
        raise UsageError(problem, "Write one such as article .entry-content.")
    _set(context, find_source(context.settings, name), "selector", selector, mark=mark, by=by)


def accept_move(context: Context, name: str, feed: str, *, mark: str, by: str) -> None:
    """Follow a source at the address that its site has moved to, or offers; `feed` is the one that was shown."""
    source = find_source(context.settings, name)
    with context.store.reading() as connection:
        state = current_state(sources.states(connection, [name]).get(name), source)
    if not feed or feed not in (state.moved_to, state.proposed):
        raise BusyError(f"{name} no longer moves to that address. Nothing was written.", "Look at the page again.")
    _set(context, source, "feed", feed, mark=mark, by=by)


def add(context: Context, source: Source, *, mark: str, by: str) -> Added:
    """Add a source that was looked at. Raises UsageError where its name or theme cannot be."""
    name = source.name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError("A source has a name of 1 to 200 characters.", "Shorten it, or write one.")
    refuse_theme(context.settings, source.theme)
    (added,) = add_to_settings(context.settings, [Source(name, source.feed, source.site, source.theme)], mark=mark)
    if added.verdict == "added":
        _record(context, by, source=added.name, field="feed", before="", after=added.feed)
    return added


def record_import(context: Context, added: list[Added], *, by: str) -> None:
    """Record which sources a list has added."""
    for each in added:
        if each.verdict == "added":
            _record(context, by, source=each.name, field="feed", before="", after=each.feed)


def refuse_theme(settings: Settings, theme: str) -> None:
    keys = [each.key for each in settings.themes]
    if theme and theme not in (*keys, ELSEWHERE):
        raise UsageError(f"There is no theme {theme[:80]!r}.", f"The themes are {', '.join(keys)}.")


def _set(context: Context, source: Source, field: str, value: str | bool, *, mark: str, by: str) -> None:
    before = getattr(source, field)
    change_source(context.settings.path, source.name, {field: value}, mark=mark)
    _record(context, by, source=source.name, field=field, before=before, after=value)


def _record(context: Context, by: str, **detail: str | bool) -> None:
    with context.store.writing() as connection:
        audit.record(connection, AuditEvent.SOURCE_CHANGED, at=context.clock(), by=by, detail=dict(detail))
