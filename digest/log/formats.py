"""How a record is written: a line for people, or JSON."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from digest.log.masking import masked
from digest.text import terminal_text


class TextFormatter(logging.Formatter):
    """A line for people. What strangers wrote into it cannot steer a terminal."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = terminal_text(masked(super().format(record), self._secrets))
        if record.levelno <= logging.DEBUG:
            return f"{record.name}: {text}"
        return f"{record.levelname.lower()}: {text}" if record.levelno >= logging.WARNING else text


def json_formatter(secrets: Sequence[str]) -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # late: few commands need it

    class MaskingJsonFormatter(JsonFormatter):
        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            return {
                name: masked(value, secrets) if isinstance(value, str) else value
                for name, value in super().process_log_record(log_data).items()
            }

    return MaskingJsonFormatter(
        ["levelname", "name", "message"],
        timestamp="time",
        rename_fields={"levelname": "level", "name": "logger"},
    )
