"""`digest backup` and `digest restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.common import AsJson, configure_log, context_from, emit, is_quiet, remark, settings_from, who
from digest.clock import clock_from_environment
from digest.errors import UsageError
from digest.settings import find_settings_file
from digest.steps.backup.backup import BackupReport
from digest.steps.backup.backup import backup as make_backup
from digest.steps.backup.restore import RestoreReport
from digest.steps.backup.restore import restore as restore_backup
from digest.steps.context import Context
from digest.steps.sending.restored_store import Stopped
from digest.store.engine import open_store, sqlite_file
from digest.store.examine import schema_state
from digest.text import plural

app = typer.Typer()

_GO_ON = (
    "If that machine has sent nothing since the backup: `digest deliveries accept`.",
    (
        "If it may have sent the edition W since: `digest deliveries restored W` makes all that waits uncertain;"
        " `digest deliveries reconcile --maillog FILE` with that machine's mail log settles who got it;"
        " `digest deliveries retry W --uncertain` queues the others."
    ),
    "`digest status`, then `digest approve W` and `digest send W` for what is to go out.",
    "`digest doctor` checks all.",
)


@app.command(help="Back up the newsletter into one file, and verify that.")
def backup(
    ctx: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]",
            help="The file to write; or a folder, DIR/: then the file is named by the time (default: var/backups/).",
        ),
    ] = "",
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, help="In a folder: remove older backups of this newsletter, all but so many."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    context = _older(ctx) or context_from(ctx)
    path = Path(target) if target else context.settings.state_folder / "backups"
    in_folder = not target or target.endswith("/")
    report = make_backup(context, path, in_folder=in_folder, force=force, keep=keep)
    emit(report, as_json, "" if is_quiet(ctx) else _backup_text(report))
    for name in report.secrets:
        remark(ctx, f"not in the backup: {name}. Keep it elsewhere.")
    for name in report.left_out:
        remark(ctx, f"not in the backup: {name}")


def _older(ctx: typer.Context) -> Context | None:
    """Return the context with a SQLite store of an older schema as it is: it is backed up before it is migrated."""
    settings = settings_from(ctx)
    path = sqlite_file(settings.store_url)
    if path is None or not path.exists():
        return None
    store = open_store(settings.store_url, migrate=False)
    ctx.call_on_close(store.close)
    schema = schema_state(store)
    is_older = bool(schema.version) and not schema.is_current and not schema.is_newer
    return Context(settings, store, clock_from_environment()) if is_older else None


def _backup_text(report: BackupReport) -> str:
    numbers = ((report.subscribers, "subscriber"), (report.editions, "edition"), (report.files, "file"))
    counts = ", ".join(plural(number, name) for number, name in numbers)
    lines = [f"{report.file}: {counts}; {report.size:,} bytes, opened and verified"]
    return "\n".join([*lines, *(f"removed {path}" for path in report.removed)])


@app.command(help="Restore a backup; what it had under way is held.")
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file that `digest backup` made.")],
    into: Annotated[
        Path | None,
        typer.Option("--into", help="The newsletter's folder (default: where --config or $DIGEST_CONFIG is, or here)."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Restore over a store and a key that are there; both are kept aside.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    configure_log(ctx)
    option = (ctx.obj or {}).get("config")
    if into is not None and option is not None:
        raise UsageError("--into and --config contradict each other.", "Give one of the two.")
    if into is not None and into.exists() and not into.is_dir():
        raise UsageError(f"{into} is no folder.", "Name a folder; it is made if it is not there.")
    config = into / "digest.toml" if into is not None else find_settings_file(option)
    report = restore_backup(file, config.absolute(), force=force, clock=clock_from_environment(), by=who())
    emit(report, as_json, _restore_text(report))


def _restore_text(report: RestoreReport) -> str:
    made = f"{report.made_at:%Y-%m-%d %H:%M} UTC"
    lines = [f"{report.newsletter} is in {report.folder} again, as it was at {made}. Its store is {report.store}."]
    lines += [f"wrote {name}" for name in report.written]
    lines += [f"kept {path}: it differs from the one of the backup" for path in report.different]
    lines += [f"kept the earlier one as {path}" for path in report.aside]
    lines += [_stopped_text(one) for one in report.stopped]
    lines += [f"not in the backup: {name}" for name in report.left_out]
    lines += ["", "Nothing is sent from here yet. Next:"]
    steps = ["Stop Digest on the machine that the backup comes from, if it still runs."]
    if report.secrets:
        steps.append(f"Set {', '.join(report.secrets)}: the backup does not have them.")
    steps += _GO_ON
    return "\n".join(lines + [f"{number}. {step}" for number, step in enumerate(steps, 1)])


def _stopped_text(one: Stopped) -> str:
    parts = [f"was {one.before}, and is held"] if one.before else []
    parts += [f"{plural(one.waiting, 'delivery', 'deliveries')} to go, once approved"] if one.waiting else []
    if one.uncertain:
        parts.append(f"{one.uncertain:,} uncertain (`digest deliveries list {one.mailing} --state uncertain`)")
    return f"{one.mailing}: {'; '.join(parts)}"
