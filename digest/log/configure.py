"""Where the log of this process goes."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from digest.log.fields import AddFields
from digest.log.formats import TextFormatter, json_formatter

if TYPE_CHECKING:
    from digest.settings import Settings

ROOT = "digest"
_LOGGERS = (ROOT, "uvicorn")  # uvicorn logs what goes wrong in our pages

# Progress is shown on the desk's pages and on Prefect's, whatever is written to stderr.
logging.getLogger(ROOT).setLevel(logging.INFO)
# Who retries with stamina logs it in words of our own.
logging.getLogger("stamina").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class LogConfiguration:
    """What is logged, and how. A plain value, so that helper processes can be given it."""

    level: int = logging.INFO
    loggers: Mapping[str, int] = field(default_factory=dict)  # levels of single loggers
    format: Literal["text", "json"] = "text"
    secrets: tuple[str, ...] = ()
    run: str = ""  # names this run of the program


class _Levels(logging.Filter):
    """Lets a record through by the level of the nearest logger that has one of its own."""

    def __init__(self, level: int, loggers: Mapping[str, int]) -> None:
        super().__init__()
        self._level = level
        self._loggers = sorted(loggers.items(), key=lambda item: -len(item[0]))

    def filter(self, record: logging.LogRecord) -> bool:
        for name, level in self._loggers:
            if record.name == name or record.name.startswith(f"{name}."):
                return record.levelno >= level
        return record.levelno >= self._level


class _StderrHandler(logging.Handler):
    """Writes to what `sys.stderr` is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 -- as every handler of the standard library does
            self.handleError(record)


_current: LogConfiguration | None = None
_handler: logging.Handler | None = None


def configuration_of(settings: Settings, *, level: int | None = None) -> LogConfiguration:
    """What `[log]` says; `level` overrides its level."""
    rule = settings.log
    return LogConfiguration(
        level=_level(rule.level) if level is None else level,
        loggers={name: _level(each) for name, each in rule.loggers.items()},
        format=rule.format,
        secrets=settings.known_secrets(),
        run=_current.run if _current and _current.run else secrets.token_hex(4),
    )


def _level(name: str) -> int:
    return logging.getLevelNamesMapping()[name.upper()]


def configure(configuration: LogConfiguration) -> None:
    """Write the log of this process to stderr. A second call replaces the first."""
    global _current, _handler  # noqa: PLW0603 -- logging itself is one for the process
    reset()
    formatter = json_formatter if configuration.format == "json" else TextFormatter
    _handler = _StderrHandler()
    _handler.setFormatter(formatter(configuration.secrets))
    _handler.addFilter(_Levels(configuration.level, configuration.loggers))
    _handler.addFilter(AddFields(configuration.run))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(_handler)
        logger.propagate = False
    # The pages of the desk and of Prefect show progress, whatever stderr shows.
    logging.getLogger(ROOT).setLevel(min(logging.INFO, configuration.level))
    for name, level in configuration.loggers.items():
        logging.getLogger(name).setLevel(level)
    _current = configuration


def reset() -> None:
    """Undo `configure`."""
    global _current, _handler  # noqa: PLW0603 -- logging itself is one for the process
    if _current is None or _handler is None:
        return
    for name in _LOGGERS:
        logging.getLogger(name).removeHandler(_handler)
        logging.getLogger(name).propagate = True
    for name in _current.loggers:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger(ROOT).setLevel(logging.INFO)
    _current = _handler = None


def current() -> LogConfiguration | None:
    """What `configure` was given; None where this process has not configured its log. For helper processes."""
    return _current


def configure_helper(configuration: LogConfiguration | None) -> None:
    """In a helper process: log as the process that started it does, to the same stderr."""
    if configuration is not None:
        configure(configuration)
