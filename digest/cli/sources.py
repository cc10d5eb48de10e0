"""`digest sources`: list, check, add, discover, import and export feeds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import FAILED, WITH_FAILURES, AsJson, context_from, emit, plain, settings_from
from digest.model import Outcome
from digest.steps.collecting import add_source, try_source
from digest.steps.collecting.add_source import Added
from digest.steps.collecting.source_health import SourceHealth, finding, source_health
from digest.steps.collecting.try_source import SourceTrial
from digest.text import plural

app = typer.Typer(no_args_is_help=True, help="The feeds: list, check, add, discover, import and export.")

_BAD = (Outcome.ERROR, Outcome.GONE)


@app.command("list", help="Show each source: last good fetch, failures, usual pace, silence, redirects.")
def list_sources(ctx: typer.Context, as_json: AsJson = False) -> None:
    sources = source_health(context_from(ctx))
    rows = [{**plain(health), "advice": health.advice} for health in sources]
    cause = finding(sources)
    lines = [*([cause] if cause else []), *map(_health_lines, sources)]
    emit({"sources": rows, "finding": cause}, as_json, "\n".join(lines) or "There are no sources in digest.toml.")


@app.command(help="Fetch the sources, or one URL, and show the result. Stores nothing.")
def check(
    ctx: typer.Context,
    which: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="A feed's URL or a source's name (default: all active ones)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    trials = try_source.try_sources(settings_from(ctx), which)
    emit({"sources": trials}, as_json, "\n".join(map(_trial_lines, trials)) or "There are no active sources.")
    bad = [trial for trial in trials if trial.outcome in _BAD]
    if bad:
        raise typer.Exit(FAILED if len(bad) == len(trials) else WITH_FAILURES)


@app.command(help="Find a site's feed and add it to digest.toml; keeps your comments.")
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a site that has one.")],
    name: Annotated[str, typer.Option(help="The source's name (default: the feed's title).")] = "",
    theme: Annotated[str, typer.Option(help="The theme that its posts usually belong to.")] = "",
    as_json: AsJson = False,
) -> None:
    added = add_source.add_source(settings_from(ctx), url, name=name, theme=theme)
    emit(added, as_json, _added_line(added))


@app.command(help="List a site's feeds: those it links to, else those at the usual addresses.")
def discover(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A site's address.")],
    as_json: AsJson = False,
) -> None:
    trials = try_source.discover(settings_from(ctx), url)
    emit({"feeds": trials}, as_json, "\n".join(map(_trial_lines, trials)))
    if all(trial.outcome in _BAD for trial in trials):
        raise typer.Exit(FAILED)


@app.command("import", help="Add the feeds of an OPML file to digest.toml; keeps your comments.")
def import_sources(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="A list of feeds, exported by a feed reader.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be added; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    added = add_source.import_opml(settings_from(ctx), file, dry_run=dry_run)
    lines = [_added_line(each) for each in added]
    if dry_run and lines:
        lines.append("A dry run: nothing was written.")
    emit({"sources": added}, as_json, "\n".join(lines) or "The file lists no feeds.")


@app.command("export", help="Print the sources as OPML, for feed readers.")
def export_sources(ctx: typer.Context, as_json: AsJson = False) -> None:
    settings = settings_from(ctx)
    emit({"sources": settings.sources}, as_json, add_source.export_opml(settings).rstrip("\n"))


def _health_lines(health: SourceHealth) -> str:
    state = "inactive" if not health.active else health.outcome or "new"
    facts = [plural(health.posts, "post")]
    if health.checked_at is None:
        facts.append("not fetched yet")
    if health.pace_days is not None:
        facts.append(f"one every {health.pace_days:g} days")
    if health.good_at is not None:
        facts.append(f"last good {_moment(health.good_at)}")
    if health.failures:
        facts.append("failed once" if health.failures == 1 else f"failed {health.failures} times in a row")
    if health.walls and health.walls not in health.advice:
        facts.append(health.walls)
    if health.silence:
        facts.append(health.silence)
    advice = f"\n          {health.advice}" if health.advice and health.advice != health.silence else ""
    return f"{state:9} {health.name}: {', '.join(facts)}{advice}"


def _trial_lines(trial: SourceTrial) -> str:
    lines = [f"{trial.outcome.value:9} {trial.name + ': ' if trial.name else ''}{trial.url}"]
    if trial.outcome not in _BAD:
        newest = f", newest {_moment(trial.newest)}" if trial.newest else ""
        title = f"{trial.title}: " if trial.title not in ("", trial.name) else ""
        lines.append(f"          {title}{plural(trial.entries, 'entry', 'entries')}{newest}")
    if trial.reason:
        lines.append(f"          {trial.reason}")
    if trial.moved_to:
        lines.append(f"          moved to {trial.moved_to}")
    lines += [f"          names the feed {link.url} {link.title}".rstrip() for link in trial.feeds]
    return "\n".join(lines)


def _added_line(added: Added) -> str:
    tail = f" ({added.reason})" if added.reason else ""
    return f"{added.verdict:9} {added.name}: {added.feed}{tail}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
