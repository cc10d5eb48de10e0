"""`digest`: find the command, import only what it needs, and turn errors into messages and exit codes.

Exit: 0 done · 1 failed · 2 wrong usage or settings · 3 done, with failures that are listed · 4 waiting for approval.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from digest import __version__
from digest.errors import DigestError, UsageError


@dataclass(frozen=True, slots=True)
class Lazy:
    """The module of a command, and its line in the help. A test checks that the line is the same as the command's."""

    module: str
    help: str
    panel: str
    group: bool = False  # the module's app is a group of commands


WEEK, SUBSCRIBERS, SETUP = "The week", "Subscribers and deliveries", "Setting up and running"

# fmt: off
COMMANDS = {
    "init": Lazy("setup", "Write a commented digest.toml, templates to edit, and subscribers.csv.", SETUP),
    "check": Lazy("check", "Check settings, templates, store, SMTP, keys and sources; or one edition's mail.", SETUP),
    "doctor": Lazy("check", "Check everything, and the machine: disk, clock, backup, Prefect.", SETUP),
    "sources": Lazy("sources", "The feeds: list, check, add, discover, import and export.", SETUP, group=True),
    "collect": Lazy("collect", "Fetch the feeds and keep what is new.", WEEK),
    "compose": Lazy("compose", "Build or refresh the week's draft; never touches an approved one.", WEEK),
    "show": Lazy("edition", "Show an edition and what was left out of it.", WEEK),
    "preview": Lazy("preview", "Serve the editor's desk on loopback.", WEEK),
    "test": Lazy("edition", "Send the edition's mail to some addresses as a test; that is no delivery.", WEEK),
    "approve": Lazy("edition", "Approve the edition, exactly as it is now.", WEEK),
    "hold": Lazy("edition", "Stop an edition until it is approved again.", WEEK),
    "skip": Lazy("edition", "Skip the week: no edition is sent.", WEEK),
    "send": Lazy("send", "Send an approved edition, or continue where sending stopped.", WEEK),
    "pause": Lazy("pause", "Pause the sending of an edition, whoever sends it. Its approval stands.", WEEK),
    "resume": Lazy("pause", "Let a paused sending go on: the next run, or `digest send`, sends the rest.", WEEK),
    "correct": Lazy("send", "Send a correction to those who got the edition.", WEEK),
    "status": Lazy(
        "status", "Show an edition's status and what happens next; without a week, also all that is unfinished.", WEEK
    ),
    "run": Lazy("run", "Run all steps in one process: for cron, without Prefect.", WEEK),
    "editions": Lazy("editions", "List all weeks; what was changed in one; bring a revision back.", WEEK, group=True),
    "posts": Lazy("posts", "Find any post that was collected, and where it is; add a page.", WEEK, group=True),
    "learned": Lazy("learned", "What the moves of posts between themes teach: list, forget.", WEEK, group=True),
    "archive": Lazy("archive", "The static web archive of editions.", WEEK, group=True),
    "subscribers": Lazy("subscribers", "Import, export, add, remove, restore, history.", SUBSCRIBERS, group=True),
    "deliveries": Lazy("deliveries", "Deliveries and replies: list, retry, reconcile.", SUBSCRIBERS, group=True),
    "bounces": Lazy("bounces", "Read bounces and complaints; decide about many alike.", SUBSCRIBERS, group=True),
    "public": Lazy("public", "Serve the public pages: archive, subscribe, preferences, unsubscribe.", SUBSCRIBERS),
    "alerts": Lazy("alerts", "Look for what is wrong, notify whom the settings name, and list it.", SETUP),
    "serve": Lazy("serve", "Register the Prefect deployments and run them in this process.", SETUP),
    "setup": Lazy("serve", "Create or update the Prefect work pool, deployments and automations.", SETUP),
    "key": Lazy("key", "The secret key: compare it with the store's, or accept another.", SETUP, group=True),
    "backup": Lazy("backup", "Back up the newsletter into one file, and verify that.", SETUP),
    "restore": Lazy("backup", "Restore a backup; what it had under way is held.", SETUP),
    "desk": Lazy("desk", "The desk's people: make a password's hash.", SETUP, group=True),
    "demo": Lazy("demo", "Run the demo: sample blogs, the real flow, the desk, and a mail catcher.", SETUP),
}
# fmt: on


class LazyGroup(TyperGroup):
    """Lists every command without importing any; imports a command when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        return TyperCommand(cmd_name, help=lazy.help, rich_help_panel=lazy.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            raise UsageError(
                f"There is no command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else ""),
                "`digest --help` lists the commands.",
            )
        name, _stub, rest = super().resolve_command(ctx, args)
        return name, (load(name) if name else None), rest


def load(name: str) -> Any:
    """Import the command of a name in `COMMANDS`."""
    lazy = COMMANDS[name]
    command = typer.main.get_command(importlib.import_module(f"digest.cli.{lazy.module}").app)
    if not lazy.group:
        command = getattr(command, "commands", {name: command})[name]
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A self-hosted weekly digest: collects feeds, composes an edition for you to approve, and mails it.",
)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"digest {__version__}")
        raise typer.Exit


@app.callback()
def everywhere(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="The settings file (else $DIGEST_CONFIG, else ./digest.toml).")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log only warnings and errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log details as well.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options for all commands. They may also come after the command's name."""
    del version
    if quiet and verbose:
        raise UsageError("--quiet and --verbose contradict each other.", "Give one of the two.")
    ctx.obj = {"config": config, "quiet": quiet, "verbose": verbose}


def _everywhere_first(arguments: list[str]) -> list[str]:
    """Move the options for all commands to the front: `digest show W --config F` means `digest --config F show W`."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == "--config":
            front += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word.startswith("--config=") or word in ("--quiet", "--verbose"):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def main(arguments: list[str] | None = None) -> None:
    """Run the `digest` command. Exits with the codes in the module's docstring."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=_everywhere_first(arguments), prog_name="digest")
    except DigestError as error:
        from digest.text import terminal_line

        lines = [terminal_line(line) for line in str(error).splitlines()]
        sys.stderr.write("\n".join([f"digest: {lines[0]}", *(f"  {line}" for line in lines[1:])]) + "\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("digest: stopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        # The program that reads our output has ended (`digest show | head`). That is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
