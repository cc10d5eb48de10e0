"""Add sources to digest.toml: one by its URL, or all that an OPML file lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from digest.collect.opml import read_opml, write_opml
from digest.collect.urls import identity
from digest.errors import UsageError
from digest.model import ELSEWHERE, Source
from digest.settings import Settings
from digest.steps.collecting.edit_settings import append_sources
from digest.steps.collecting.try_source import READABLE, discover


@dataclass(frozen=True, slots=True)
class Added:
    """The result for one source that was to be added."""

    name: str
    feed: str
    verdict: str  # "added" or "known"
    reason: str = ""


def add_source(settings: Settings, url: str, *, name: str = "", theme: str = "") -> Added:
    """Find the feed of a URL and add it to digest.toml. Raises UsageError if there is none, or if there are several."""
    keys = [each.key for each in settings.themes]
    if theme and theme not in (*keys, ELSEWHERE):
        raise UsageError(f"There is no theme {theme!r}.", f"The themes are {', '.join(keys)}.")
    trials = discover(settings, url)
    readable = [trial for trial in trials if trial.outcome in READABLE]
    if not readable:
        raise UsageError(f"No feed was found at {url}. {trials[0].reason}", "Give the URL of the feed itself.")
    if len(readable) > 1:
        choices = "\n".join(f"  {trial.url}  {trial.title}" for trial in readable)
        raise UsageError(f"{url} has several feeds:\n{choices}", "Add the one that you want by its URL.")
    trial = readable[0]
    feed = trial.moved_to or trial.url
    source = Source(name or trial.title, feed, trial.site, theme)
    return add_to_settings(settings, [source])[0]


def import_opml(settings: Settings, path: Path, *, dry_run: bool = False) -> list[Added]:
    """Add the feeds of an OPML file that the settings do not have yet. Raises UsageError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return import_list(settings, content, dry_run=dry_run)
    except UsageError as error:
        raise UsageError(f"{path}: {error.what}", error.remedy) from error


def import_list(settings: Settings, content: bytes, *, dry_run: bool = False, mark: str = "") -> list[Added]:
    """Add the feeds of an OPML list, as `import_opml`. `mark` is as in `edit_settings`."""
    return add_to_settings(settings, read_opml(content, settings.themes), dry_run=dry_run, mark=mark)


def in_our_form(settings: Settings, content: bytes) -> str:
    """Return an OPML list as we write it, whatever its encoding was. Raises UsageError."""
    return write_opml(read_opml(content, settings.themes), title=settings.newsletter.title)


def export_opml(settings: Settings) -> str:
    return write_opml(settings.sources, title=settings.newsletter.title)


def add_to_settings(
    settings: Settings, sources: Iterable[Source], *, dry_run: bool = False, mark: str = ""
) -> list[Added]:
    """Append sources to digest.toml; comments and order stay. Sources that are there already are not changed."""
    feeds = {identity(source.feed): source.name for source in settings.sources}
    names = {source.name for source in settings.sources}
    verdicts, additions = [], []
    for source in sources:
        key = identity(source.feed)
        if key in feeds:
            verdicts.append(Added(source.name, source.feed, "known", f"already followed as {feeds[key]}"))
            continue
        source = replace(source, name=_unused(source.name, names))
        feeds[key] = source.name
        names.add(source.name)
        additions.append(source)
        verdicts.append(Added(source.name, source.feed, "added"))
    if additions and not dry_run:
        append_sources(settings.path, additions, mark=mark)
    return verdicts


def _unused(name: str, names: set[str]) -> str:
    candidate, number = name, 2
    while candidate in names:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
