"""Write docs/commands.md from the commands themselves: python -m docs.make_commands [--check]."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digest.cli.main import COMMANDS, load

TARGET = Path(__file__).parent / "commands.md"
HEAD = """# Commands

Made by `python -m docs.make_commands` from the commands' own help. `--config FILE`, `--quiet` and `--verbose` may stand
before or behind any of them. Data is on stdout, log and progress on stderr.
"""
_EVERYWHERE = {"help", "install_completion", "show_completion"}


def _usage(name: str, command: Any) -> Iterator[str]:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    shown = " ".join(argument.metavar or argument.name.upper() for argument in arguments)
    yield f"## `digest {name}{' ' + shown if shown else ''}`"
    yield ""
    yield (command.help or "").strip()
    rows = [(argument.metavar or argument.name.upper(), getattr(argument, "help", "") or "") for argument in arguments]
    rows += [
        (
            f"{'/'.join(option.opts)}{'' if option.is_flag else ' ' + (option.metavar or option.name.upper())}",
            option.help or "",
        )
        for option in options
        if option.name not in _EVERYWHERE
    ]
    if rows:
        yield ""
        yield "| | |"
        yield "| --- | --- |"
        yield from (f"| `{what.replace('|', '/')}` | {text.replace('|', '/')} |" for what, text in rows)
    yield ""


def text() -> str:
    lines = [HEAD]
    for name in COMMANDS:
        command = load(name)
        if COMMANDS[name].group:
            for inner, subcommand in sorted(command.commands.items()):
                lines += _usage(f"{name} {inner}", subcommand)
        else:
            lines += _usage(name, command)
    return "\n".join(lines)


def main() -> int:
    if "--check" in sys.argv:
        return 0 if TARGET.read_text("utf-8") == text() else 1
    TARGET.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
