"""What the commands share: opening settings and store, and printing results."""

from __future__ import annotations

import dataclasses
import getpass
import json
import logging
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from digest import log
from digest.clock import clock_from_environment
from digest.events import Event
from digest.model import Mailing
from digest.settings import Settings, find_settings_file, load_settings
from digest.steps.context import Context
from digest.steps.secret_key import check_key
from digest.steps.sending.rollback_guard import register_store
from digest.store.engine import open_store
from digest.text import terminal_text
from digest.week import Week

DONE, FAILED, WRONG, WITH_FAILURES, WAITING = 0, 1, 2, 3, 4

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
WeekArgument = Annotated[
    str | None,
    typer.Argument(metavar="[W]", help="The ISO week, such as 2019-W12 (default: the last one that has closed)."),
]
Early = Annotated[bool, typer.Option("--early", help="Also for a week that has not closed yet.")]


def parse_week(text: str | None) -> Week | None:
    """Read an argument that names a week. Raises UsageError."""
    return Week.parse(text) if text else None


def parse_mailing(text: str | None) -> Mailing | None:
    """Read an argument that names an edition or a correction. Raises UsageError."""
    return Mailing.parse(text) if text else None


def settings_from(ctx: typer.Context) -> Settings:
    """Load the settings that the command line, the environment or the current folder names, and configure the log."""
    settings = load_settings(settings_file(ctx))
    log.configure(log.configuration_of(settings, level=log_level(ctx)))
    return settings


def settings_file(ctx: typer.Context) -> Path:
    """Return the path of the settings file that the command line, the environment or the current folder names."""
    return find_settings_file(_options(ctx).get("config"))


def context_from(ctx: typer.Context) -> Context:
    """Open the store and return the context. The store is closed when the command ends.

    Raises SettingsError if the secret key is not the store's.
    """
    context = unchecked_context_from(ctx)
    check_key(context)
    return context


def unchecked_context_from(ctx: typer.Context) -> Context:
    """The same, whatever the secret key is."""
    settings = settings_from(ctx)
    store = open_store(settings.store_url)
    ctx.call_on_close(store.close)
    context = Context(settings, store, clock_from_environment(), notifiers=(_notify_editors,))
    register_store(context)
    return context


def _notify_editors(context: Context, event: Event) -> None:
    from digest.steps.notifying.notify_editors import notify_editors  # late: most commands notify nobody

    notify_editors(context, event)


def configure_log(ctx: typer.Context) -> None:
    """Log to stderr, for a command without settings of its own."""
    level = log_level(ctx)
    log.configure(log.LogConfiguration(level=logging.INFO if level is None else level))


def is_quiet(ctx: typer.Context) -> bool:
    return bool(_options(ctx).get("quiet"))


def remark(ctx: typer.Context, text: str) -> None:
    """Print text for people on stderr, beside the result; nothing with --quiet. May have addresses."""
    if not is_quiet(ctx):
        say(text, err=True)


def log_level(ctx: typer.Context) -> int | None:
    """Return the log level that the command line asks for; None leaves it to the settings."""
    options = _options(ctx)
    if options.get("verbose"):
        return logging.DEBUG
    return logging.WARNING if options.get("quiet") else None


def _options(ctx: typer.Context) -> dict[str, Any]:
    """Return the options for all commands: `config`, `quiet`, `verbose`."""
    options: dict[str, Any] = ctx.obj or {}
    return options


def who() -> str:
    """Return who acts, for the audit trail: the name of the logged-in user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def plain(value: Any) -> Any:
    """Convert values for JSON: dataclasses to objects, moments to ISO 8601, enums, weeks and mailings to text."""
    if isinstance(value, (Week, Mailing)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    return value


def say(text: str, *, err: bool = False, flush: bool = False) -> None:
    """Print text to the terminal, without control characters that others may have put into it."""
    # Not typer.echo, which flushes after every line: there may be a million.
    stream = sys.stderr if err else sys.stdout
    stream.write(terminal_text(text) + "\n")
    if flush:
        stream.flush()


def emit(data: object, as_json: bool, text: str) -> None:
    """Print a command's result on stdout: as JSON with --json, else as text for people."""
    if as_json:
        typer.echo(json.dumps(plain(data), ensure_ascii=False))
    elif text:
        say(text)
        sys.stdout.flush()
